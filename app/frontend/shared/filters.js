import "./htmx.js";

/** What is changed in the form is sent at once, and told when it was in vain; without scripts there is a button. */
export function sendAtOnce(form) {
  form.classList.add("immediate");
  const wrong = form.querySelector("[role=alert]");
  form.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr } = event.detail;
    wrong.hidden = xhr.status < 400;
    if (xhr.status === 400) {
      wrong.textContent = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("main h1 + p").textContent;
    } else if (xhr.status >= 400) {
      wrong.textContent = "The server does not answer as it should. Try again in a moment.";
    } else {
      return;
    }
    event.preventDefault();
  });
  form.addEventListener("htmx:sendError", () => {
    wrong.hidden = false;
    wrong.textContent = "The server cannot be reached.";
  });
}
