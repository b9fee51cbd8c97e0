// Connects the parts of the page to the server's events.

import { Composer } from "./composer.js";
import { byId, make, timeOf } from "./dom.js";
import { Outcomes } from "./outcomes.js";
import { Phones } from "./phones.js";

const phones = new Phones();
const outcomes = new Outcomes();
new Composer({ onSent: (request) => outcomes.expect(request) });

const BREAKERS = {
  balance: "there is no balance",
  auth: "RealTime refuses the token or the account",
  endpoint: "RealTime is not at the configured address",
};

function showLive(state, said) {
  byId("live").className = `live ${state}`;
  byId("live").replaceChildren(said);
}

function showBreakers(open) {
  const bar = byId("paused");
  bar.hidden = open.length === 0;
  bar.replaceChildren(
    ...open.map(({ breaker, since }) =>
      make("span", {}, make("strong", {}, "Sending is paused: "), `${BREAKERS[breaker] ?? breaker} (breaker `,
        make("code", {}, breaker), ", open since ", timeOf(since),
        "). Messages wait; it closes by itself when its cause is gone. "),
    ),
  );
}

const news = new EventSource("/news");
news.addEventListener("open", () => showLive("on", "Live"));
news.addEventListener("error", () => showLive("off", "Not connected. Is make local still running?"));
news.addEventListener("messages", (event) => phones.take(JSON.parse(event.data)));
news.addEventListener("answers", (event) => phones.takeAnswers(JSON.parse(event.data)));
news.addEventListener("optOuts", (event) => phones.takeOptOuts(JSON.parse(event.data)));
news.addEventListener("outcomes", (event) => outcomes.take(JSON.parse(event.data)));
news.addEventListener("breakers", (event) => showBreakers(JSON.parse(event.data)));
addEventListener("pagehide", () => news.close());
