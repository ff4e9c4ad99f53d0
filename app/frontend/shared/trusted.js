// The ways from text to a document: htmx reads the server's answers into one that is not shown, which runs nothing.
// The one script that a script may start: the worker of the car page. Some browsers have no trusted types at all.
globalThis.trustedTypes?.createPolicy("default", {
  createHTML: (text, _, sink) => (sink.startsWith("DOMParser ") || sink === "Document parseHTMLUnsafe" ? text : null),
  createScriptURL: (address, _, sink) =>
    address === "/car/worker.js" && sink === "ServiceWorkerContainer register" ? address : null,
});
