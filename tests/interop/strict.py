"""Checks every raw answer a botocore client gets against the service's model.

botocore itself is lenient: it drops members that it does not know and never looks at enums. Here an unknown member,
a value of the wrong type, a word outside its enum or a required member that is absent is a finding.
"""

import json
import re
import xml.etree.ElementTree as ET


def watch(client, findings):
    """Notes in `findings` whatever is wrong with the answers that `client` gets from now on."""
    service = client.meta.service_model

    def check(event_name, response_dict, **_):
        operation = service.operation_model(event_name.rsplit(".", 1)[1])
        Answer(operation, findings).check(response_dict)

    client.meta.events.register("response-received", check)


# What AWS answers and documents although the model's enum has it not: DescribeInternetGateways says `available` of a gateway
# that is attached.
DOCUMENTED = {("AttachmentStatus", "available")}


def tag(element):
    return element.tag.split("}")[-1]


class Answer:
    def __init__(self, operation, findings):
        self.operation = operation
        self.findings = findings
        self.protocol = operation.service_model.resolved_protocol

    def note(self, path, what):
        self.findings.append(f"{self.operation.service_model.service_name}:{self.operation.name} {path}: {what}")

    def check(self, response):
        headers = {key.lower(): value for key, value in response["headers"].items()}
        if "x-amzn-requestid" not in headers:
            self.note("headers", "no request id")
        if "date" not in headers:
            self.note("headers", "no date")
        if response["status_code"] >= 300:
            return self.check_error(response["body"])
        shape = self.operation.output_shape
        if self.protocol == "json":
            if shape is not None:
                self.value(shape, json.loads(response["body"] or b"{}"), "$")
            return None
        root = ET.fromstring(response["body"])
        if tag(root) != f"{self.operation.name}Response":
            self.note("$", f"root is <{tag(root)}>")
        if shape is None:
            return None
        wrapper = shape.serialization.get("resultWrapper")
        if wrapper:
            if not len(root) or tag(root[0]) != wrapper:
                return self.note("$", f"the first child is not <{wrapper}>")
            root = root[0]
        return self.element(shape, [root], "$")

    def check_error(self, body):
        if self.protocol == "json":
            if "__type" not in json.loads(body):
                self.note("error", "no __type")
        elif ET.fromstring(body).find(".//{*}Code") is None and ET.fromstring(body).find(".//Code") is None:
            self.note("error", "no <Code>")

    def required(self, shape, present, path):
        for name in shape.required_members:
            if name not in present:
                self.note(f"{path}.{name}", "required and absent")

    def leaf(self, shape, text, path):
        kind, words = shape.type_name, shape.metadata.get("enum")
        if kind == "string" and words and text not in words and (shape.name, text) not in DOCUMENTED:
            self.note(path, f"{text!r} is not in the enum")
        wanted = {
            "integer": r"-?\d+",
            "long": r"-?\d+",
            "float": r"-?[\d.]+([eE][+-]?\d+)?",
            "double": r"-?[\d.]+([eE][+-]?\d+)?",
            "boolean": "true|false",
            "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
        }.get(kind)
        if wanted and not re.fullmatch(wanted, text):
            self.note(path, f"{text!r} is no {kind}")

    def value(self, shape, value, path):
        """A value of a JSON protocol."""
        kind = shape.type_name
        if kind == "structure":
            if not isinstance(value, dict):
                return self.note(path, f"{value!r} is no structure")
            names = {member.serialization.get("name") or name: (name, member) for name, member in shape.members.items()}
            for key, inner in value.items():
                if key in names:
                    self.value(names[key][1], inner, f"{path}.{key}")
                else:
                    self.note(f"{path}.{key}", "not in the model")
            return self.required(shape, {names[key][0] for key in value if key in names}, path)
        if kind in ("list", "map"):
            wanted = list if kind == "list" else dict
            if not isinstance(value, wanted):
                return self.note(path, f"{value!r} is no {kind}")
            pairs = enumerate(value) if kind == "list" else value.items()
            for key, inner in pairs:
                self.value(shape.member if kind == "list" else shape.value, inner, f"{path}[{key}]")
            return None
        types = {
            "string": str,
            "integer": int,
            "long": int,
            "float": (int, float),
            "double": (int, float),
            "boolean": bool,
            "timestamp": (int, float),
            "blob": str,
        }[kind]
        if not isinstance(value, types) or isinstance(value, bool) != (kind == "boolean"):
            return self.note(path, f"{value!r} is no {kind}")
        return self.leaf(shape, value, path) if kind == "string" else None

    def element(self, shape, elements, path):
        """Elements of an XML protocol that carry one member."""
        kind, first = shape.type_name, elements[0]
        if kind == "structure":
            names = {member.serialization.get("name") or name: (name, member) for name, member in shape.members.items()}
            seen = {}
            for child in first:
                seen.setdefault(tag(child), []).append(child)
            for key, children in seen.items():
                if key in names:
                    if len(children) > 1:
                        self.note(f"{path}.{key}", "given more than once")
                    self.element(names[key][1], children, f"{path}.{key}")
                elif key.lower() != "requestid":
                    self.note(f"{path}.{key}", "not in the model")
            return self.required(shape, {names[key][0] for key in seen if key in names}, path)
        if kind == "list":
            wanted = shape.member.serialization.get("name", "member")
            for at, child in enumerate(first):
                if tag(child) != wanted:
                    self.note(path, f"an item is <{tag(child)}>, not <{wanted}>")
                self.element(shape.member, [child], f"{path}[{at}]")
            return None
        if kind == "map":
            return None
        if len(first):
            return self.note(path, f"children where a {kind} is expected")
        return self.leaf(shape, first.text or "", path)
