"""POST /messages/preview: what sending would mean."""

import json

from tests.api.fakes import HELLO, FakeApi


def test_a_preview_keeps_and_sends_nothing(api: FakeApi) -> None:
    """Neither register nor queue is touched, be it as it may with the key."""
    assert api.post(HELLO, key="k", path="/messages/preview").status == 200
    assert (api.requests.entries, api.producer.bodies) == ({}, [])


def test_a_preview_shows_the_text_as_it_will_be_cut(api: FakeApi) -> None:
    """The parts together are the text, and as many as are paid for."""
    text = "a" * 152 + "€" + "b" * 20
    reply = api.post({**HELLO, "message": {"text": text}}, path="/messages/preview")
    (group,) = reply.body["groups"]
    assert ["".join(group["parts"]), group["text"], len(group["parts"])] == [text, text, group["segments"]]
    assert group["parts"][0] == "a" * 152


def test_a_preview_says_how_much_room_is_left(api: FakeApi) -> None:
    """In septets or code units of the last part; a charset that was asked for counts as it is sent."""
    replies = [
        api.post({**HELLO, "message": {"text": "a" * 71, "charset": charset}}, path="/messages/preview").body
        for charset in (0, 6)
    ]
    groups = [reply["groups"][0] for reply in replies]
    assert [(group["segments"], len(group["parts"]), group["unitsLeft"]) for group in groups] == [
        (1, 1, 89),
        (2, 2, 63),
    ]


def test_a_preview_shows_what_transliteration_would_save(api: FakeApi) -> None:
    """The text as `plain` makes it, with its smaller count, also where another policy was asked for."""
    body = {**HELLO, "encoding": "auto", "message": {"text": "camión " * 12}}
    reply = api.post(body, path="/messages/preview").body
    assert (reply["segments"], reply["plain"]["segments"]) == (2, 1)
    assert reply["plain"]["text"] == "camion " * 12
    assert [one["position"] for one in reply["groups"][0]["forcedBy"][:2]] == [4, 11]


def test_a_text_that_goes_as_unicode_all_the_same_keeps_its_accents(api: FakeApi) -> None:
    """Only what has no spelling is in the way; composing is the one change."""
    body = {**HELLO, "recipients": ["+56900000000"], "message": {"text": "Rau\u0301l: https://maipú.cl 😀"}}
    reply = api.post(body, path="/messages/preview").body
    (group,) = reply["groups"]
    assert (group["policy"], group["charset"], group["text"]) == ("plain", 6, "Raúl: https://maipú.cl 😀")
    assert [(one["position"], one["character"]) for one in group["forcedBy"]] == [(19, "ú"), (24, "😀")]
    assert group["replaced"] == [{"position": 2, "original": "u\u0301", "replacement": "ú"}]
    assert (reply["plain"]["text"], reply["plain"]["segments"]) == (group["text"], group["segments"])


def test_a_text_in_wire_form_is_previewed_as_it_will_be_read(api: FakeApi) -> None:
    """Who encodes by himself sees what the handset will show."""
    body = {**HELLO, "message": {"charset": 6, "text": "010101090121", "encoded": True}}
    reply = api.post(body, path="/messages/preview").body
    assert (reply["groups"][0]["text"], reply["plain"]["text"]) == ("āĉġ", "acg")


def test_a_preview_of_the_largest_text_is_small_enough_for_lambda(api: FakeApi) -> None:
    """Lists are cut, and say how long they would be; a reply of more than 6 MB would be an error."""
    body = {"recipients": ["+56900000000", "+4915112345678"], "sender": "x", "message": {"text": "í" * 17_085}}
    reply = api.post(json.dumps(body, ensure_ascii=False), path="/messages/preview")
    assert reply.status == 200
    plain, auto = reply.body["groups"]
    assert (len(plain["replaced"]), plain["replacedTotal"]) == (1000, 17_085)
    assert (len(auto["forcedBy"]), auto["forcedByTotal"]) == (1000, 17_085)
    assert len(json.dumps(reply.body)) < 1_000_000
