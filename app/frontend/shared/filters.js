import htmx from "./htmx.js";

/** A filter that is changed is sent at once; without scripts there is a button. */
export function sendAtOnce(form) {
  form.classList.add("immediate");
  const wrong = form.querySelector(".wrong");
  htmx.on("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (requestConfig.elt !== form) return;
    event.detail.isError = false; // it is told here
    wrong.hidden = xhr.status < 400;
    if (xhr.status === 400) {
      wrong.textContent = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("main h1 + p").textContent;
    } else if (xhr.status >= 400) {
      wrong.textContent = "The server does not answer as it should. Try again in a moment.";
    } else if (new URL(xhr.responseURL).pathname !== new URL(form.action).pathname) {
      // Who is no longer signed in gets the page for that, not its form in the place of the spots.
      event.preventDefault();
      location.reload();
    }
  });
  form.addEventListener("htmx:sendError", () => {
    wrong.hidden = false;
    wrong.textContent = "The server cannot be reached.";
  });
}
