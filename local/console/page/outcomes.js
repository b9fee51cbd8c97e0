// Outcomes as they change: one card for each request, one row for each recipient, with the states seen.

import { byId, counted, make, post, timeOf } from "./dom.js";

const SHOWN = 40; // requests
const ROWS = 8; // recipients of a request, until "Show all"
const UNSENT = ["queued", "waiting"]; // can be cancelled
const HELD = ["scheduled", "outside_hours", "daily_cap"]; // reasons to wait that are not about a failed attempt

const MEANING = {
  queued: "on the queue",
  sending: "claimed; the call is in progress",
  waiting: "will be sent later, or tried again",
  submitted: "accepted by RealTime",
  failed: "not sent, and will not be sent",
  expired: "expired before it could be sent",
  cancelled: "cancelled before it was sent",
  unknown: "may have been sent; not sent again",
  rejected: "the whole message cannot be used",
};

export class Outcomes {
  constructor() {
    this.requests = new Map(); // by request id: { id, at, text, rows: Map, all, answer }
    this.show();
  }

  /** Show a request that was just accepted, before the table has an outcome. */
  expect({ requestId, recipients, text }) {
    const request = this.request(requestId, new Date().toISOString());
    request.text = text;
    for (const recipient of recipients) {
      if (!request.rows.has(recipient)) request.rows.set(recipient, { outcome: { recipient, status: "queued" }, seen: ["queued"] });
    }
    this.show();
  }

  take({ whole, outcomes }) {
    if (whole) {
      for (const request of this.requests.values()) request.rows.clear();
    }
    const told = [];
    for (const outcome of outcomes) {
      const { rows } = this.request(outcome.requestId, outcome.createdAt);
      const seen = rows.get(outcome.recipient)?.seen ?? [];
      const state = outcome.delivery ?? outcome.status;
      // A report can come between two looks: what is delivered was submitted before.
      if (outcome.delivery && !seen.includes(outcome.status)) seen.push(outcome.status);
      if (seen.at(-1) !== state) {
        seen.push(state);
        const why = words(outcome.delivery ? outcome.deliveryReason : outcome.reason);
        if (outcome.final && !whole) told.push([`${outcome.recipient || outcome.requestId}: ${state}`, why].filter(Boolean).join(", "));
      }
      rows.set(outcome.recipient, { outcome, seen });
    }
    this.show();
    if (told.length) byId("told").textContent = told.length > 3 ? `${told.length} outcomes` : told.join(". ");
  }

  request(id, at) {
    if (!this.requests.has(id)) this.requests.set(id, { id, at, rows: new Map(), all: false });
    const request = this.requests.get(id);
    if (at < request.at) request.at = at;
    return request;
  }

  show() {
    const focused = document.activeElement?.dataset?.request;
    const newest = [...this.requests.values()].filter((request) => request.rows.size).sort((a, b) => (a.at < b.at ? 1 : -1));
    byId("outcomes-count").textContent = newest.length || "";
    byId("requests").replaceChildren(...(newest.length ? newest.slice(0, SHOWN).map((request) => this.card(request)) : [nothing()]));
    if (newest.length > SHOWN) {
      byId("requests").append(make("p", { class: "rest" }, `and ${counted(newest.length - SHOWN, "older request")}`));
    }
    if (focused) byId("requests").querySelector(`[data-request="${CSS.escape(focused)}"]`)?.focus();
  }

  card(request) {
    const rows = [...request.rows.values()];
    const shown = request.all ? rows : rows.slice(0, ROWS);
    return make("article", { class: "request", "aria-label": `Request ${request.id}` },
      make("header", {}, make("code", { title: request.id }, request.id), timeOf(request.at)),
      request.text && make("p", { class: "snippet", dir: "auto" }, request.text),
      make("ul", {}, shown.map(row)),
      rows.some(({ outcome }) => UNSENT.includes(outcome.status)) && make("button", {
        type: "button", class: "quiet", "data-request": `cancel ${request.id}`, onclick: () => this.cancel(request),
      }, "Cancel"),
      request.answer && make("p", { class: "facts" }, request.answer),
      rows.length > shown.length && make("button", {
        type: "button", class: "quiet", "data-request": request.id,
        onclick: () => { request.all = true; this.show(); },
      }, `Show all ${counted(rows.length, "recipient")}`));
  }

  /** Cancel what was not sent yet, and show how many recipients that came too late for. */
  async cancel(request) {
    const { status, body } = await post("/cancellations", { requestId: request.id });
    const late = body.tooLate ? `, too late for ${body.tooLate}` : "";
    request.answer = status === 200 ? `Cancelled for ${counted(body.cancelled, "recipient")}${late}.` : body.detail ?? body.errors?.[0].detail;
    byId("told").textContent = request.answer;
    this.show();
  }
}

function row({ outcome, seen }) {
  const facts = [
    outcome.reason && words(outcome.reason),
    outcome.httpStatus && outcome.httpStatus !== 200 && `HTTP ${outcome.httpStatus}`,
    outcome.attempt > 1 && `attempt ${outcome.attempt}`,
    outcome.segments > 1 && counted(outcome.segments, "segment"),
    outcome.maybeSent && "may have been sent before",
  ].filter(Boolean);
  const at = outcome.updatedAt ?? outcome.createdAt;
  return make("li", { "data-status": outcome.status },
    make("div", { class: "row" },
      make("span", { class: "recipient" }, outcome.recipient || "the whole message"),
      make("span", { class: `pill ${outcome.status}`, title: MEANING[outcome.status] ?? "" }, outcome.status)),
    make("p", { class: "facts when" }, make("span", {}, facts.join(" · ")), at && timeOf(at)),
    outcome.detail && make("p", { class: "facts" }, outcome.detail),
    outcome.dueAt && make("p", { class: "facts" }, HELD.includes(outcome.reason) ? "not sent before " : "next try after ", timeOf(outcome.dueAt)),
    outcome.delivery && delivery(outcome),
    seen.length > 1 && make("p", { class: "facts" }, make("span", { class: "sr-only" }, "States seen: "), seen.join(" → ")));
}

function delivery(outcome) {
  return make("p", { class: "facts" }, "delivery ",
    make("span", { class: `pill ${outcome.delivery}` }, outcome.delivery),
    outcome.deliveryReason && ` ${words(outcome.deliveryReason)}`,
    outcome.operator?.name && ` · ${outcome.operator.name}`,
    outcome.cost && ` · cost ${outcome.cost}`,
    outcome.deliveryAt && [" · ", timeOf(outcome.deliveryAt)]);
}

const words = (code) => (code ?? "").replaceAll("_", " ");

function nothing() {
  return make("div", { class: "nothing" },
    make("p", {}, "No outcome yet."),
    make("p", {}, "The outcome of each recipient appears here, also for messages sent by API or queue."));
}
