// Opens the car page where there is no link, or a bad one: as pages/car.js kept it last.

const KEPT = "car";
const PATIENCE = 4_000;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== "GET") return;
  if (request.mode === "navigate" && pathname === "/car") event.respondWith(page(request));
  // An address below /static/ never changes its content.
  else if (pathname.startsWith("/static/")) event.respondWith(kept(request).then((answer) => answer ?? fetch(request)));
});

async function page(request) {
  const last = await kept("/car");
  if (!last) return fetch(request);
  const fresh = fetch(request).then((answer) => answered(answer, last), () => last);
  return Promise.race([fresh, new Promise((resolve) => setTimeout(resolve, PATIENCE, last))]);
}

/** What is kept is for those alone who are signed in. */
async function answered(answer, last) {
  if (answer.type === "opaqueredirect") await caches.delete(KEPT);
  return answer.status < 500 ? answer : last;
}

function kept(request) {
  return caches.match(request, { ignoreVary: true });
}
