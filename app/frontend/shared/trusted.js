// The one way from text to a document: htmx reads the server's answers with DOMParser, which runs nothing of them.
// The one script that a script may start: the worker of the car page.
trustedTypes?.createPolicy("default", {
  createHTML: (text, _, sink) => (sink.startsWith("DOMParser ") ? text : null),
  createScriptURL: (address, _, sink) =>
    address === "/car/worker.js" && sink === "ServiceWorkerContainer register" ? address : null,
});
