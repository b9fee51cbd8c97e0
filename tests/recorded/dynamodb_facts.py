"""What DynamoDB answers."""

from typing import Any

from tests.recorded.fact import AWS_PAGES, SNAPSHOTS, Fact

TABLE, HELD = "facts", ("held", "+56961234567")  # an item with `status` and `attempt`
HELD_ITEM = {
    "requestId": {"S": HELD[0]},
    "recipient": {"S": HELD[1]},
    "status": {"S": "sending"},
    "attempt": {"N": "1"},
}

_TABLES = f"{SNAPSHOTS}/dynamodb/test_dynamodb.snapshot.json"
_CONFORMANCE = "nubo-db/dynamodb-conformance tests"  # every test passes on AWS
_CAPTURED = "nubo-db/dynoxide tests/partiql.rs"  # marked there as captured on AWS
_DYNALITE = "architect/dynalite test/updateItem.js"


def _key(*key: str) -> dict[str, Any]:
    return {"requestId": {"S": key[0]}, "recipient": {"S": key[1]}}


def _insert(*key: str) -> dict[str, Any]:
    text = f"INSERT INTO \"{TABLE}\" VALUE {{'requestId': ?, 'recipient': ?}}"
    return {"Statement": text, "Parameters": list(_key(*key).values())}


def _update(status: str, *key: str) -> dict[str, Any]:
    text = f'UPDATE "{TABLE}" SET "status"=? WHERE "requestId"=? AND "recipient"=? AND "status"=?'
    return {"Statement": text, "Parameters": [{"S": "sending"}, *_key(*key).values(), {"S": status}]}


def _select(*key: str) -> dict[str, Any]:
    text = f'SELECT * FROM "{TABLE}" WHERE "requestId"=? AND "recipient"=?'
    return {"Statement": text, "Parameters": list(_key(*key).values())}


def _keys(*keys: tuple[str, str]) -> dict[str, Any]:
    return {"RequestItems": {TABLE: {"Keys": [_key(*key) for key in keys], "ConsistentRead": True}}}


DYNAMODB: dict[str, Fact] = {
    "no statements": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": []},
        "ValidationException",
        f"{_CONFORMANCE}/tier2/partiql/batchExecuteStatement.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "26 statements": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_insert("many", str(number)) for number in range(26)]},
        "ValidationException",
        f"{AWS_PAGES}/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html",
        "2026-11-28",
        fakes=True,
    ),
    "reading and writing in one batch": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_select("a", "b"), _insert("mixed", "c")]},
        "ValidationException",
        f"{_CAPTURED} test_batch_execute_rejects_mixed_read_and_write",
        "2026-08-17",
        fakes=True,
        differs="each statement is executed",
    ),
    "two statements on one item": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_insert("twice", "a"), _update("sending", "twice", "a")]},
        "ValidationException",
        f"{_CAPTURED} test_batch_execute_rejects_duplicate_item_keys",
        "2026-08-17",
        fakes=True,
        differs="each statement is executed, one after the other",
    ),
    "an insert of what there is": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_insert(*HELD), _insert("new", "a")]},
        {"Responses": [{"Error": {"Code": "DuplicateItem"}, "TableName": TABLE}, {"TableName": TABLE}]},
        "nubo-db/dynoxide src/actions/batch_execute_statement.rs",
        "2026-08-15",
        fakes=True,
    ),
    "an insert of what there is, alone": Fact(
        "dynamodb.ExecuteStatement",
        _insert(*HELD),
        "DuplicateItemException",
        f"{_CONFORMANCE}/tier2/partiql/executeStatement.test.ts",
        "2026-05-14",
    ),
    "an update whose condition does not hold": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_update("waiting", *HELD)]},
        {"Responses": [{"Error": {"Code": "ConditionalCheckFailed"}}]},
        f"{_CAPTURED} (#54)",
        "2026-08-17",
        fakes=True,
    ),
    "an update of what there is not": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_update("sending", "none", "a")]},
        {"Responses": [{"Error": {"Code": "ConditionalCheckFailed"}}]},
        "nubo-db/dynoxide src/partiql/executor.rs",
        "2026-08-17",
        fakes=True,
    ),
    "a statement on a table that there is not": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [{"Statement": 'SELECT * FROM "none" WHERE "requestId"=\'a\' AND "recipient"=\'b\''}]},
        {"Responses": [{"Error": {"Code": "ResourceNotFound"}}]},
        f"{_CONFORMANCE}/tier2/partiql/batchExecuteStatement.test.ts",
        "2026-05-14",
    ),
    "a statement that is none, beside a good one": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [{"Statement": "THIS IS NOT SQL AT ALL"}, _insert("beside", "a")]},
        {"Responses": [{"Error": {"Code": "ValidationError"}}, {"TableName": TABLE}]},
        f"{_CAPTURED} test_batch_execute_unparseable_statement_is_per_statement",
        "2026-08-17",
    ),
    "an empty list of parameters": Fact(
        "dynamodb.ExecuteStatement",
        {"Statement": f'SELECT * FROM "{TABLE}" WHERE "requestId"=\'a\'', "Parameters": []},
        "ValidationException",
        f"{_TABLES} test_dynamodb_execute_statement_empy_parameter",
        "2025-10-08",
        differs="it counts as no list",
    ),
    "a condition that fails, with the item": Fact(
        "dynamodb.PutItem",
        {
            "TableName": TABLE,
            "Item": HELD_ITEM,
            "ConditionExpression": "attribute_not_exists(requestId)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": HELD_ITEM},
        f"{_TABLES} test_return_values_on_conditions_check_failure",
        "2025-10-08",
    ),
    "setting and removing one attribute": Fact(
        "dynamodb.UpdateItem",
        {
            "TableName": TABLE,
            "Key": _key(*HELD),
            "UpdateExpression": "SET a = :a REMOVE a",
            "ExpressionAttributeValues": {":a": {"S": "a"}},
        },
        "ValidationException",
        f"{_DYNALITE} 'overlapping paths'",
        "2025-09-18",
        differs="the attribute is set, then removed",
    ),
    "an update expression of no length": Fact(
        "dynamodb.UpdateItem",
        {"TableName": TABLE, "Key": _key(*HELD), "UpdateExpression": ""},
        "ValidationException",
        f"{_CONFORMANCE}/tier3/error-messages/updateItem.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "a reserved word in an update": Fact(
        "dynamodb.UpdateItem",
        {
            "TableName": TABLE,
            "Key": _key(*HELD),
            "UpdateExpression": "SET status = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}},
        },
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/reservedWords.test.ts",
        "2026-05-14",
    ),
    "a key twice": Fact(
        "dynamodb.BatchGetItem",
        _keys(HELD, HELD),
        "ValidationException",
        f"{_CONFORMANCE}/tier1/batchGetItem/validation.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "101 keys": Fact(
        "dynamodb.BatchGetItem",
        _keys(*(("many", str(number)) for number in range(101))),
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/batchLimits.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "no tables": Fact(
        "dynamodb.BatchGetItem",
        {"RequestItems": {}},
        "ValidationException",
        f"{_CONFORMANCE}/tier1/batchGetItem/validation.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "a key that has no item": Fact(
        "dynamodb.BatchGetItem",
        _keys(HELD, ("none", "a")),
        {"Responses": {TABLE: [HELD_ITEM]}},
        f"{_CONFORMANCE}/tier1/batchGetItem/basic.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "an item over 400 KiB": Fact(
        "dynamodb.PutItem",
        {"TableName": TABLE, "Item": _key("large", "a") | {"body": {"S": "x" * 409_600}}},
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/itemSize.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "an empty partition key": Fact(
        "dynamodb.PutItem",
        {"TableName": TABLE, "Item": _key("", "a")},
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/emptyValues.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "an empty sort key": Fact(
        "dynamodb.PutItem",
        {"TableName": TABLE, "Item": _key("a", "")},
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/emptyValues.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "an empty text beside the key": Fact(
        "dynamodb.PutItem",
        {"TableName": TABLE, "Item": _key("empty", "a") | {"detail": {"S": ""}}},
        {},
        f"{_CONFORMANCE}/tier3/limits/emptyValues.test.ts",
        "2026-05-14",
        fakes=True,
    ),
}
