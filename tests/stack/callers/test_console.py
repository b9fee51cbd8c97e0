"""The console in a real browser, over the deployed stack."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
import urllib3
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from local.console import Console
from local.embedded_aws import Stack
from tests.stack.callers.browser import ConsolePage, chromium
from tests.stack.deployment import Deployment, request_body

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

NOT_BY_ITSELF = {"reportsUrl": None, "inboundUrl": None, "deliverySeconds": 0}  # as other tests want the simulator
UNREACHED = "+56900006002"
HOSTILE = [
    pytest.param("+4915131000001", "<script>evil = 1</script><img src=x onerror='evil = 1'>", 1, id="markup"),
    pytest.param("+4915131000002", "مرحبا 12:30 \u202eevil", 1, id="right to left"),
    pytest.param("+4915131000003", "W" * 500, 4, id="one long word"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a browser for this module only: its event loop disturbs other tests of the worker."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def console(stack: Stack, deployed: Deployment) -> Iterator[Console]:
    """Serve the console as `make local` does, with closed breakers."""
    deployed.forget_breakers()
    stack.set_callbacks()
    with Console(stack) as serving:
        yield serving
    deployed.simulator("POST", "state", NOT_BY_ITSELF)


@pytest.fixture
def page(browser: Browser, console: Console) -> Iterator[ConsolePage]:
    """Open the console; at the end the browser must have no error, no warning and no call to another server."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        opened = ConsolePage(context.new_page(), console.url)
        yield opened
        assert opened.troubles == []


def test_a_message_is_previewed_sent_and_seen_on_the_phone(page: ConsolePage) -> None:
    """The count follows the text; the phone shows what RealTime received, and where it is cut."""
    text = "Señora: su código vence mañana. " * 6
    page.address("+56931000001")
    page.text.fill(text)
    expect(page.page.locator("#meter")).to_contain_text("2 segments")
    expect(page.page.locator("#meter")).to_contain_text("GSM 7-bit, charset 0")
    expect(page.page.locator("#causes")).to_contain_text("ó → o")
    page.page.get_by_role("button", name="Send to +56931000001").click()
    bubble = page.bubbles("+56931000001")
    expect(bubble).to_have_text(text.replace("ó", "o"), use_inner_text=False)
    assert [len(part) for part in bubble.locator(".part").all_text_contents()] == [153, len(text) - 153]
    expect(page.outcome("+56931000001")).to_contain_text("submitted")
    expect(page.outcome("+56931000001")).to_contain_text("accepted · 2 segments")
    expect(page.text).to_have_value("")


def test_the_keyboard_alone_is_enough(page: ConsolePage) -> None:
    """Keys reach everything from the skip link to the sent message, with a visible focus, and leave it again."""
    keys = page.page.keyboard
    seen = []
    for _ in range(60):
        keys.press("Tab")
        if (focused := page.focused())["tag"] == "BODY":
            break
        seen.append(focused)
    assert seen[0]["text"] == "Skip to the message"
    assert [one for one in seen if not one["outlined"]] == []
    reached = [one["id"] for one in seen if one["id"]]
    assert reached[:4] == ["open-numbers", "to", "sender", "text"]
    page.page.locator("body").focus()
    page.page.get_by_text("Skip to the message").focus()
    keys.press("Enter")
    keys.type("By keys")
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    keys.press("Backspace")
    keys.type("+56 9 3100 0002")
    keys.press("Enter")
    keys.press("Control+Enter")
    expect(page.bubbles("+56931000002")).to_have_text("By keys")
    expect(page.text).to_be_focused()


def test_what_forces_unicode_is_marked_where_it_stands(page: ConsolePage) -> None:
    """Also behind characters that JavaScript counts twice; its button selects it in the text."""
    page.page.get_by_role("radio", name="auto").check()
    page.text.fill("😀 año — nuevo")
    expect(page.page.locator("mark.forces")).to_have_text(["😀", "—"])
    expect(page.page.locator("#meter")).to_contain_text("1 segment")
    expect(page.page.locator("#meter")).to_contain_text("56 left")
    page.page.get_by_role("button", name="U+2014 at 6").click()
    chosen = page.text.evaluate("(area) => area.value.slice(area.selectionStart, area.selectionEnd)")
    assert chosen == "—"


def test_the_cheaper_spelling_is_offered_and_one_key_takes_it(page: ConsolePage) -> None:
    """It shows the smaller count; undo restores the text."""
    text = "“Próximo” vencimiento — código: 12345. Pague hoy en línea y evite recargos."
    page.page.get_by_role("radio", name="auto").check()
    page.text.fill(text)
    expect(page.page.locator("#offer")).to_contain_text("1 segment instead of 2")
    page.text.press("F2")
    expect(page.text).to_have_value('"Proximo" vencimiento - codigo: 12345. Pague hoy en linea y evite recargos.')
    expect(page.page.locator("#meter")).to_contain_text("GSM 7-bit")
    expect(page.page.locator("#offer")).to_be_hidden()
    page.text.press("Control+z")
    expect(page.text).to_have_value(text)


def test_a_magic_number_shows_what_it_is_for(page: ConsolePage) -> None:
    """It is found and chosen by keys, does what its description says, and no phone gets a message."""
    page.address()
    page.page.get_by_role("button", name="Magic numbers").press("Enter")
    page.page.keyboard.type("406")
    expect(page.page.get_by_role("dialog").get_by_role("button", name="+56900000406")).to_contain_text("failed")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    expect(page.text).to_be_focused()
    page.page.keyboard.type("No sender of yours")
    page.page.keyboard.press("Control+Enter")
    expect(page.outcome("+56900000406")).to_contain_text("failed")
    expect(page.outcome("+56900000406")).to_contain_text("sender refused · HTTP 406")
    assert page.bubbles("+56900000406").count() == 0


def test_delivery_is_shown_as_it_changes(page: ConsolePage) -> None:
    """RealTime reports delivery by itself; a phone that was not reached shows that too."""
    for number, said in (("+56931000011", "delivered"), (UNREACHED, "rejected bad number")):
        page.send("Su código es 4711.", number)
        expect(page.outcome(number)).to_contain_text(f"delivery {said}")
        expect(page.outcome(number)).to_contain_text(f"submitted → {said.partition(' ')[0]}")
    expect(page.phone(UNREACHED).locator(".ghost").last).to_contain_text("reported as bad number")
    expect(page.phone("+56931000011").locator(".ghost")).to_have_count(0)


def test_a_message_for_later_waits_and_can_be_cancelled(page: ConsolePage) -> None:
    """Its type and its time are chosen in the form; after the cancellation no phone gets it."""
    number = "+56931000018"
    page.page.get_by_role("radio", name="promotional").check()
    page.page.get_by_text("More: time").click()
    page.page.get_by_label("Not before").fill(f"{datetime.now() + timedelta(minutes=10):%Y-%m-%dT%H:%M:%S}")  # noqa: DTZ005 (as a person writes it)
    page.send("Oferta de mañana", number)
    expect(page.outcome(number)).to_contain_text("waiting")
    expect(page.outcome(number)).to_contain_text("scheduled")
    request = page.page.locator("#requests article").filter(has_text=number)
    request.get_by_role("button", name="Cancel").press("Enter")
    expect(request).to_contain_text("Cancelled for 1 recipient.")
    expect(page.outcome(number)).to_contain_text("cancelled")
    expect(request.get_by_role("button", name="Cancel")).to_have_count(0)
    assert page.bubbles(number).count() == 0


def test_who_answers_baja_gets_no_more(page: ConsolePage) -> None:
    """The answer is sent by keys alone; the next SMS to the phone fails and does not reach it."""
    number = "+56931000012"
    page.send("Oferta: responda BAJA para no recibir más.", number)
    expect(page.outcome(number)).to_contain_text("delivered")
    page.page.get_by_label(f"Messages on {number}").focus()
    page.page.keyboard.press("Tab")
    expect(page.answer(number)).to_be_focused()
    page.page.keyboard.type("Baja")
    page.page.keyboard.press("Enter")
    mine = page.phone(number).locator(".mine")
    expect(mine).to_contain_text("Answer: Baja")
    expect(mine).to_contain_text("taken, HTTP 200")
    expect(page.phone(number)).to_contain_text("opted out")
    expect(page.answer(number)).to_be_focused()
    page.send("Otra oferta", number)
    expect(page.outcome(number)).to_contain_text("failed")
    expect(page.outcome(number)).to_contain_text("opted out")
    expect(page.phone(number).locator(".bubble:not(.mine)")).to_have_count(1)


def test_an_answer_that_is_not_taken_is_told(page: ConsolePage, deployed: Deployment) -> None:
    """The page shows what the inbound address answered; if RealTime has no address, the text stays in the field."""
    number = "+56931000013"
    page.send("¿Recibió su pedido?", number)
    deployed.simulator("POST", "state", {"inboundUrl": f"{deployed.stack.api_url}/callbacks/{'k' * 43}/inbound"})
    try:
        page.answer(number).fill("Sí")
        page.answer(number).press("Enter")
        expect(page.phone(number).locator(".refused")).to_contain_text("not taken by the inbound address: HTTP 404")
        deployed.simulator("POST", "state", {"inboundUrl": None})
        page.answer(number).fill("No")
        page.answer(number).press("Enter")
        expect(page.phone(number).get_by_role("alert")).to_contain_text("no address for inbound SMS")
        expect(page.answer(number)).to_have_value("No")
    finally:
        deployed.stack.set_callbacks()


def test_what_is_being_written_outlives_what_arrives(page: ConsolePage, deployed: Deployment) -> None:
    """An answer keeps its text, focus and caret while its phone moves; a sender that is a name cannot be answered."""
    number = "+56931000014"
    for one in (number, "+56931000015"):
        page.send("¿Conforme?", one)
        expect(page.bubbles(one)).to_be_visible()
    page.answer(number).press_sequentially("Sí, co")
    deployed.publish(request_body(deployed.new_id("meanwhile"), number, text="¿Sigue ahí?"))
    expect(page.bubbles(number)).to_have_count(2)
    page.page.keyboard.type("nforme")
    expect(page.answer(number)).to_have_value("Sí, conforme")
    page.page.get_by_label("From", exact=True).fill("Tienda")
    page.send("¿Conforme?", "+56931000016")
    expect(page.phone("+56931000016")).to_contain_text("from a name cannot be answered")
    expect(page.answer("+56931000016")).to_be_hidden()


@pytest.mark.parametrize(("number", "text", "parts"), HOSTILE)
def test_hostile_text_is_shown_as_text(page: ConsolePage, number: str, text: str, parts: int) -> None:
    """It is never markup and never wider than its place: in the composer, on the phone and beside the outcome."""
    page.send(text, number)
    bubble = page.bubbles(number).last
    expect(bubble).to_have_text(text, use_inner_text=False)
    assert bubble.locator(".part").count() == parts
    expect(page.outcome(number)).to_contain_text("submitted")
    assert page.page.evaluate("window.evil") is None
    assert page.page.locator("main script, main img").count() == 0
    boxes = page.page.locator("body, .phone, .bubble, .request")
    assert boxes.evaluate_all("(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length") == 0


def test_errors_are_shown_at_their_fields(page: ConsolePage) -> None:
    """They are the API's; the wrong recipient is marked, and the focus moves to the first wrong field."""
    page.address("+56931000003", "12")
    page.page.get_by_label("From").fill("Añb")
    page.text.fill("código")
    expect(page.page.locator("#to-errors")).to_contain_text("has too few digits")
    expect(page.page.locator(".chip.wrong")).to_contain_text("12")
    expect(page.page.locator("#sender-errors")).to_contain_text("up to 11 letters and digits")
    expect(page.page.locator("#meter")).to_contain_text("1 segment")
    page.page.get_by_role("button", name="Send to 2 recipients").click()
    expect(page.to).to_be_focused()
    expect(page.to).to_have_attribute("aria-invalid", "true")
    page.page.get_by_role("button", name="Remove 12").click()
    page.page.get_by_label("From").fill("Tienda")
    expect(page.page.locator(".errors li")).to_have_count(0)


def test_what_others_send_is_shown_too(page: ConsolePage, deployed: Deployment) -> None:
    """Another system publishes a good message and a bad one."""
    request_id, rejected = deployed.new_id("elsewhere"), deployed.new_id("rejected")
    deployed.publish(
        request_body(request_id, "+56931000004", text="From elsewhere"),
        request_body(rejected, "+56931000005", colour=1),
    )
    expect(page.bubbles("+56931000004")).to_have_text("From elsewhere")
    expect(page.page.get_by_role("article", name=f"Request {request_id}")).to_contain_text("submitted")
    expect(page.page.get_by_role("article", name=f"Request {rejected}")).to_contain_text("invalid request")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1000), ("light", 380)])
def test_it_is_accessible(browser: Browser, console: Console, scheme: Literal["light", "dark"], width: int) -> None:
    """By axe-core's rules for WCAG 2.2 AA, with errors and counts shown, and with the dialog open."""
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page = ConsolePage(context.new_page(), console.url)
        page.send("¿Conforme?", UNREACHED)
        page.answer(UNREACHED).fill("Sí")
        page.answer(UNREACHED).press("Enter")
        expect(page.phone(UNREACHED).locator(".mine").last).to_contain_text("HTTP 200")
        expect(page.outcome(UNREACHED)).to_contain_text("rejected")
        page.address("+4915112345678", "12")
        page.page.get_by_text("More: time").click()
        page.page.get_by_role("radio", name="auto").check()
        page.text.fill("“Ofertas” — código " * 8)
        expect(page.page.locator("#offer")).to_be_visible()
        expect(page.page.locator("#to-errors li")).to_have_count(1)
        assert _violations(page) == []
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
        page.page.get_by_role("button", name="Magic numbers").click()
        expect(page.page.get_by_role("dialog").get_by_text("+56900000429", exact=True)).to_be_visible()
        assert _violations(page) == []


def _violations(page: ConsolePage) -> list[Any]:
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page.page, options={"runOnly": {"type": "tag", "values": tags}})
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found.response["violations"]]


def test_another_page_gets_nothing_out_of_it(console: Console) -> None:
    """The console refuses other host names and origins, and no other page may frame or read its answers."""
    foreign = [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
    statuses = [urllib3.request("GET", f"{console.url}/news", headers=one, retries=False).status for one in foreign]
    assert statuses == [421, 403, 403]
    reply = urllib3.request("GET", console.url, retries=False)
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
    assert [name for name in reply.headers if name.lower().startswith("access-control")] == []
    for path in ("messages", "cancellations"):
        assert urllib3.request("POST", f"{console.url}/{path}", body=b"{}", retries=False).status == 415
    assert urllib3.request("GET", f"{console.url}/../server.py", retries=False).status == 404


def test_it_says_when_the_stack_is_gone(browser: Browser, stack: Stack) -> None:
    """It connects by itself when the stack is there again."""
    with browser.new_context() as context:
        with Console(stack) as serving:
            page = ConsolePage(context.new_page(), serving.url)
            port = serving.port
        expect(page.page.get_by_text("Not connected")).to_be_visible()
        with Console(stack, port=port):
            expect(page.page.get_by_text("Live", exact=True)).to_be_visible()
