"""Calls Huawei's SDK for SWR: a request a line of JSON on the input, an answer a line on the output.

A request is {"operation": "createNamespace", "fields": {...}}, with fields as they are called on the wire, and `body`. An
answer has the status, the SDK's error code, and how what came differs from the SDK's model of it. The first line that is
printed holds the names of all operations of the basic edition, and the model of each answer.
"""
import inspect
import json
import os
import re
import sys

import huaweicloudsdkswr.v2 as swr
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

SIMPLE = {"int": int, "long": int, "float": (int, float), "str": str, "bool": bool, "datetime": str, "object": object}


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def pascal(name):
    return name[0].upper() + name[1:]


def operations():
    """The operations of the basic edition by name, with the name of the class of their answers."""
    found = {}
    for name, method in inspect.getmembers(swr.SwrClient, inspect.ismethod):
        source = inspect.getsource(method) if name.endswith("_http_info") else ""
        path = re.search(r'"resource_path": "([^"]+)"', source)
        answer = re.search(r'"response_type": "(\w+)"', source)
        if path and re.match(r"/(v[23]/manage/.*|\{api_version\})?$", path[1]):
            found[answer[1][0].lower() + answer[1][1:].removesuffix("Response")] = answer[1]
    return found


def model(kind):
    """A type of the SDK as nested lists and dictionaries of the names of simple types."""
    if kind.startswith("list["):
        return [model(kind[5:-1])]
    if kind.startswith("dict("):
        return {"*": model(kind[5:-1].split(",", 1)[1].strip())}
    if kind in SIMPLE:
        return kind
    of = getattr(swr, kind)
    return {of.attribute_map[name]: model(inner) for name, inner in of.openapi_types.items()}


def build(kind, value):
    """Makes what the SDK takes of JSON: instances of its models."""
    if isinstance(value, list) and kind.startswith("list["):
        return [build(kind[5:-1], each) for each in value]
    if kind in SIMPLE or kind.startswith(("dict(", "list[")) or not isinstance(value, dict):
        return value
    of = getattr(swr, kind)
    names = {wire: name for name, wire in of.attribute_map.items()}
    return of(**{names[key]: build(of.openapi_types[names[key]], each) for key, each in value.items()})


def compare(kind, value, at, found):
    """Notes how a value differs from a model: fields too many and too few, and what has another type."""
    if value is None:
        found.append(f"{at} is null")
    elif isinstance(kind, list):
        if not isinstance(value, list):
            found.append(f"{at} is no list")
        else:
            for each in value:
                compare(kind[0], each, f"{at}[]", found)
    elif isinstance(kind, dict):
        if not isinstance(value, dict):
            found.append(f"{at} is no object")
            return
        rest = kind.get("*")
        for key, each in value.items():
            if rest is not None or key in kind:
                compare(kind.get(key, rest), each, f"{at}.{'*' if rest is not None else key}", found)
            else:
                found.append(f"{at}.{key} is not in the model")
        for key in kind:
            if key != "*" and key not in value:
                found.append(f"{at}.{key} is missing")
    elif kind != "object" and (not isinstance(value, SIMPLE[kind]) or isinstance(value, bool) != (kind == "bool")):
        found.append(f"{at} is no {kind}")


def model_of(answer):
    """The model of an answer's body. What comes in headers is in the SDK's model too, which nothing but its name tells."""
    whole = model(answer)
    if not isinstance(whole, dict):
        return whole
    fields = {key: each for key, each in whole.items() if not re.match(r"(?i)(content-range$|x-)", key)}
    return fields["body"] if set(fields) == {"body"} else fields


def call(client, answers, request):
    operation = request["operation"]
    try:
        kind = pascal(operation) + "Request"
        answer = getattr(client, snake(operation))(build(kind, request["fields"]))
    except ServiceResponseException as error:
        return {"status": error.status_code, "code": error.error_code}
    found = []
    raw = answer.raw_content
    body = json.loads(raw) if raw else {}
    compare(model_of(answers[operation]), body, operation, found)
    return {"status": answer.status_code, "body": body, "differences": sorted(set(found))}


def main():
    credentials = BasicCredentials(os.environ["AK"], os.environ["SK"], os.environ["PROJECT_ID"])
    client = swr.SwrClient.new_builder().with_credentials(credentials).with_endpoint(os.environ["REGISTRY"]).build()
    answers = operations()
    print(json.dumps({"operations": sorted(answers), "models": {name: model_of(kind) for name, kind in answers.items()}}), flush=True)
    for line in sys.stdin:
        print(json.dumps(call(client, answers, json.loads(line))), flush=True)


main()
