import "../shared/page.js";
import { usePasskeys } from "../shared/passkeys.js";

document.querySelectorAll("form[data-passkey]").forEach(usePasskeys);
