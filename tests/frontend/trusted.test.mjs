import test from "node:test";

test("scripts start where a browser has no trusted types", async () => {
  delete globalThis.trustedTypes;
  await import("../../app/frontend/shared/trusted.js");
});
