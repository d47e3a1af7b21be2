"""What the driver of functions promises, on a Lambda API; and what Lambda refuses, given to the real client."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from apps.platform import wiring
from apps.platform.config import Config, FunctionsDriver
from apps.platform.drivers.lambda_aws import LambdaFunctions
from apps.platform.errors import NotBuilt, Permanent, Transient
from apps.platform.ports.functions import MAX_PAYLOAD_BYTES, Functions, encode
from tests.ports.conftest import ON_AWS_SERVER
from tests.waiting import eventually


@pytest.fixture
def functions(on_aws: Config) -> Functions:
    return wiring.functions(replace(on_aws, functions_driver=FunctionsDriver.LAMBDA))


def new_function(config: Config, name: str, code: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", code)
    client = boto3.client("lambda", endpoint_url=config.aws_endpoint, region_name=config.aws_region)
    client.create_function(
        FunctionName=name, Runtime="python3.11", Role="arn:aws:iam::000000000000:role/any", Handler="handler.run",
        Code={"ZipFile": packed.getvalue()},
    )  # fmt: skip


@ON_AWS_SERVER
def test_a_function_is_called_with_the_whole_payload(functions: Functions, on_aws: Config, tmp_path: Path) -> None:
    told = tmp_path / "told"
    new_function(
        on_aws, "trace-tells", f"import json\ndef run(event, _):\n    open({str(told)!r}, 'w').write(json.dumps(event))\n"
    )

    request_id = functions.invoke_event("trace-tells", {"task": "é" * 1_000})

    assert request_id
    eventually(lambda: json.loads(told.read_text()) == {"task": "é" * 1_000}, seconds=30)


@ON_AWS_SERVER
def test_a_function_that_is_not_there_is_refused_for_good(functions: Functions) -> None:
    with pytest.raises(Permanent, match="trace-nobody"):
        functions.invoke_event("trace-nobody", {})


def test_a_payload_over_the_limit_is_refused_with_what_to_do() -> None:
    assert len(encode("x" * (MAX_PAYLOAD_BYTES - 2))) == MAX_PAYLOAD_BYTES
    with pytest.raises(Permanent, match="let fewer events become one task"):
        encode("x" * (MAX_PAYLOAD_BYTES - 1))


def refused(code: str, status: int) -> Exception:
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        stub.add_client_error("invoke", code, "as it says", status)
        with pytest.raises((Transient, Permanent)) as raised:
            LambdaFunctions(client).invoke_event("trace-udf", {})
    return raised.value


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TooManyRequestsException", 429),
        ("ServiceException", 500),
        ("ResourceConflictException", 409),
        ("EC2ThrottledException", 502),
    ],
)
def test_what_may_pass_is_tried_again(code: str, status: int) -> None:
    assert isinstance(refused(code, status), Transient)


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDeniedException", 403), ("RequestTooLargeException", 413), ("InvalidParameterValueException", 400)],
)
def test_what_will_not_pass_is_given_up(code: str, status: int) -> None:
    assert isinstance(refused(code, status), Permanent)


def test_one_machine_says_that_it_has_no_runner() -> None:
    with pytest.raises(NotBuilt, match="TRACE_FUNCTIONS_DRIVER=lambda"):
        wiring.functions(Config.from_env({}))
