const PAUSE = 500;
const FOCUS = "focused filter";

/** Sends the form a moment after the last change, and puts the focus back where it was on the page that comes. */
export function submitOnChange(form) {
  form.classList.add("immediate");
  let timer;
  form.addEventListener("change", (event) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      sessionStorage.setItem(FOCUS, JSON.stringify([event.target.name, event.target.value]));
      form.requestSubmit();
    }, PAUSE);
  });

  const focused = sessionStorage.getItem(FOCUS);
  if (focused) {
    sessionStorage.removeItem(FOCUS);
    const [name, value] = JSON.parse(focused);
    const field = [...form.elements].find((each) => each.name === name && each.value === value);
    field?.focus({ preventScroll: true });
  }
}
