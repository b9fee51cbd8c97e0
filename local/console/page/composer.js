// The form: a preview after each change, errors at their fields, and sending with a request id that is safe to repeat.

import { byId, counted, debounced, make, post } from "./dom.js";
import { Editor } from "./editor.js";
import { Meter } from "./meter.js";
import { Numbers } from "./numbers.js";
import { Recipients } from "./recipients.js";

const FIELDS = { // by the first step of a problem's pointer
  recipients: ["to", "to-errors"],
  sender: ["sender", "sender-errors"],
  message: ["text", "text-errors"],
  encoding: ["", "encoding-errors"],
  messageType: ["", "type-errors"],
  sendAt: ["send-at", "send-at-errors"],
  expiresAt: ["expires", "expires-errors"],
  requestId: ["request-id", "request-id-errors"],
};
const POLICIES = {
  "": "Transliterated for the countries of PlainTextPrefixes (+56); elsewhere Unicode where needed.",
  auto: "Unicode where a character needs it.",
  plain: "Transliterated: código becomes codigo.",
  exact: "Refused if a character is not in GSM 03.38.",
};
const TYPES = {
  transactional: "A code or an alert: it never waits behind promotional messages.",
  promotional: "It has a queue of its own, and waits outside of PromotionalHours.",
};

export class Composer {
  constructor({ onSent }) {
    this.onSent = onSent;
    this.form = byId("form");
    this.id = null; // the request id of this content, kept in case it must be sent again
    this.asked = 0;
    const changed = () => this.changed();
    this.recipients = new Recipients(changed);
    this.editor = new Editor(changed);
    this.meter = new Meter({ editor: this.editor, onTake: (text) => this.editor.replace(text) });
    new Numbers((number) => this.recipients.add([number]));
    this.preview = debounced(100, () => this.ask());
    this.form.addEventListener("input", (event) => event.target !== byId("text") && event.target !== byId("to") && changed());
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.submit(event);
    });
    this.recipients.add(["+56900000000"]);
  }

  request() {
    const data = new FormData(this.form);
    const given = {
      recipients: this.recipients.numbers,
      sender: byId("sender").value.trim(),
      message: { text: this.editor.text },
      encoding: data.get("encoding"),
      messageType: data.get("messageType"),
      sendAt: instant("send-at"),
      onUnknown: byId("resend").checked && "resend",
      expiresAt: instant("expires"),
      requestId: byId("request-id").value.trim(),
    };
    return Object.fromEntries(Object.entries(given).filter(([, value]) => value));
  }

  changed() {
    this.id = null;
    const number = this.recipients.numbers.length;
    byId("send").textContent = number === 1 ? `Send to ${this.recipients.numbers[0]}` : `Send to ${counted(number, "recipient")}`;
    byId("policy-hint").textContent = POLICIES[new FormData(this.form).get("encoding")];
    byId("type-hint").textContent = TYPES[new FormData(this.form).get("messageType")];
    byId("sent").replaceChildren();
    this.preview();
  }

  /** Get the preview; drop the answer if a newer one is requested. */
  async ask() {
    const asked = ++this.asked;
    const { preview, errors } = await post("/preview", this.request());
    if (asked !== this.asked) return;
    this.meter.show(preview ?? null);
    const untouched = !this.recipients.numbers.length && "/recipients";
    this.showErrors(errors.filter((error) => error.pointer !== untouched));
  }

  async submit(event) {
    event.preventDefault();
    this.recipients.take();
    if (this.sending) return;
    this.sending = true;
    byId("send").setAttribute("aria-disabled", "true");
    byId("sent").replaceChildren();
    this.asked += 1; // the answer to an earlier preview must not replace the result of sending
    try {
      await this.send();
    } finally {
      this.sending = false;
      byId("send").removeAttribute("aria-disabled");
    }
  }

  async send() {
    const request = this.request();
    const text = this.editor.text;
    request.message.text = text;
    request.requestId ??= this.id ??= newId();
    const { status, body } = await post("/messages", request);
    if (status !== 202) {
      this.showErrors(body.errors ?? [body]);
      this.form.querySelector("[aria-invalid=true]")?.focus();
      return;
    }
    this.onSent({ requestId: body.requestId, recipients: request.recipients, text });
    this.editor.clear();
    this.changed();
    this.meter.show(null);
    this.showErrors([]);
    byId("sent").replaceChildren(`On the queue: ${counted(body.recipients, "recipient")}, ${counted(body.segments, "segment")}.`);
    this.editor.area.focus();
  }

  /** Show each error at its field, by the problem's pointer, or at the form. */
  showErrors(errors) {
    const lists = new Map(Object.values(FIELDS).map(([, list]) => [list, []]).concat([["form-errors", []]]));
    const wrong = new Map();
    for (const { detail, title, pointer, parameter } of errors) {
      const [name, place] = (pointer ?? (parameter ? "/requestId" : "")).split("/").slice(1);
      if (name === "recipients" && place) wrong.set(Number(place), detail);
      lists.get(FIELDS[name]?.[1] ?? "form-errors").push(detail ?? title ?? "No answer.");
    }
    this.recipients.mark(wrong);
    for (const [list, said] of lists) byId(list).replaceChildren(...[...new Set(said)].map((one) => make("li", {}, one)));
    for (const [input, list] of Object.values(FIELDS)) {
      if (input) byId(input).setAttribute("aria-invalid", String(lists.get(list).length > 0));
    }
    if (["send-at-errors", "expires-errors", "request-id-errors"].some((list) => lists.get(list).length)) byId("more").open = true;
  }
}

/** Return the time in a field as the API takes it, or nothing. */
const instant = (id) => byId(id).value && new Date(byId(id).value).toISOString();

/** Return a unique request id that is short enough to read. */
const newId = () => `console-${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
