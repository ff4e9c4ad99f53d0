// Has the browser make or show a passkey for a form, and sends its answer with the form.

const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const described = (list) => list.map((one) => ({ ...one, id: decode(one.id) }));

function options(form) {
  const { challenge, user, excludeCredentials, allowCredentials, ...rest } = JSON.parse(form.dataset.options);
  return {
    ...rest,
    challenge: decode(challenge),
    ...(user && { user: { ...user, id: decode(user.id) } }),
    ...(excludeCredentials && { excludeCredentials: described(excludeCredentials) }),
    ...(allowCredentials && { allowCredentials: described(allowCredentials) }),
  };
}

function answer({ id, rawId, type, response }) {
  const said = { clientDataJSON: encode(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = encode(response.attestationObject);
    said.transports = response.getTransports?.() ?? [];
  } else {
    said.authenticatorData = encode(response.authenticatorData);
    said.signature = encode(response.signature);
    said.userHandle = response.userHandle ? encode(response.userHandle) : null;
  }
  return JSON.stringify({ id, rawId: encode(rawId), type, response: said });
}

const reasons = {
  InvalidStateError: "That device has a passkey of yours already.",
  NotAllowedError: "Nothing came of it: it was stopped, or took too long.",
  SecurityError: "This browser makes no passkeys here: it must trust the station's certificate.",
};

// Shows the form, asks when it is sent, and offers passkeys where names are filled in if the browser can.
export function usePasskeys(form) {
  if (!window.PublicKeyCredential) return;
  form.hidden = false;
  const field = form.elements.credential;
  const trouble = form.querySelector("[role=alert]");
  let waiting;

  async function ask(more) {
    waiting?.abort();
    waiting = new AbortController();
    const wish = { publicKey: options(form), signal: waiting.signal, ...more };
    field.value = answer(await navigator.credentials[form.dataset.passkey](wish));
    form.submit();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    try {
      await ask();
    } catch (error) {
      trouble.textContent = reasons[error.name] ?? "This browser could not do it.";
      trouble.hidden = false;
    }
  });

  async function offer() {
    if (await PublicKeyCredential.isConditionalMediationAvailable?.()) await ask({ mediation: "conditional" });
  }
  if (form.dataset.passkey === "get" && form.dataset.offered !== undefined) offer().catch(() => {});
}
