"""One made-up transcript in four formats: neutral lines, OpenAI chat lines, a Claude Code session, ATIF.

A transcript is a list of steps: ("system", text), ("user", text), ("say", text) and
("call", name, arguments, outcome, answer), with the outcome done, denied or open.
"""

import json

FORMATS = ("neutral", "openai", "claude_code", "atif")
ENDINGS = {"neutral": ".jsonl", "openai": ".jsonl", "claude_code": ".jsonl", "atif": ".json"}


def text_of(kind, name, steps, tools=None):
    """The text of a file of a format that holds the transcript."""
    return {
        "neutral": _neutral,
        "openai": _openai,
        "claude_code": _claude_code,
        "atif": _atif,
    }[kind](name, steps, tools)


def write(folder, kind, name, steps, tools=None):
    """Writes the file and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{ENDINGS[kind]}"
    path.write_text(text_of(kind, name, steps, tools), encoding="utf-8")
    return path


def _lines(rows):
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def _neutral(name, steps, tools):
    rows = [{"transcript": 1, "sample": name, "model": "some/model", "tools": tools}]
    for number, (kind, *rest) in enumerate(steps):
        if kind != "call":
            rows.append({"role": "assistant" if kind == "say" else kind, "content": rest[0]})
            continue
        function, arguments, outcome, answer = rest
        call = {"id": f"c{number}", "name": function, "arguments": arguments}
        verdict = {"tool_call_id": f"c{number}", "decision": "reject", "by": "guard"}
        denied = outcome == "denied"
        rows.append(
            {"role": "assistant", "tool_calls": [call], "approvals": [verdict] if denied else []}
        )
        if outcome != "open":
            row = {"role": "tool", "tool_call_id": f"c{number}", "content": answer}
            rows.append(row | ({"error": "denied"} if denied else {}))
    return _lines([*rows, {"ended": "done"}])


def _openai(name, steps, tools):
    rows = []
    for number, (kind, *rest) in enumerate(steps):
        if kind != "call":
            rows.append({"role": "assistant" if kind == "say" else kind, "content": rest[0]})
            continue
        function, arguments, outcome, answer = rest
        called = {"name": function, "arguments": json.dumps(arguments)}
        call = {"id": f"c{number}", "type": "function", "function": called}
        rows.append({"role": "assistant", "content": None, "tool_calls": [call]})
        if outcome != "open":
            rows.append({"role": "tool", "tool_call_id": f"c{number}", "content": answer})
    record = {"id": name, "model": "some/model", "messages": rows}
    if tools is not None:
        record["tools"] = [{"type": "function", "function": {"name": tool}} for tool in tools]
    return _lines([record])


def _claude_code(name, steps, tools):
    rows = [{"type": "summary", "summary": name, "leafUuid": "u0"}]
    for number, (kind, *rest) in enumerate(steps):
        line = {"sessionId": name, "uuid": f"u{number}", "isSidechain": False, "cwd": "/work"}
        answer = {"role": "assistant", "id": f"m{number}", "model": "some/model"}
        if kind == "user":
            rows.append(line | {"type": "user", "message": {"role": "user", "content": rest[0]}})
        elif kind == "say":
            content = [{"type": "text", "text": rest[0]}]
            rows.append(line | {"type": "assistant", "message": answer | {"content": content}})
        elif kind == "call":
            function, arguments, outcome, result = rest
            use = {"type": "tool_use", "id": f"t{number}", "name": function, "input": arguments}
            rows.append(line | {"type": "assistant", "message": answer | {"content": [use]}})
            block = {"type": "tool_result", "tool_use_id": f"t{number}", "content": result}
            more = {"uuid": f"r{number}", "type": "user"}
            if outcome == "denied":
                block["is_error"] = True
                more["toolUseResult"] = "User rejected tool use"
            if outcome != "open":
                rows.append(line | more | {"message": {"role": "user", "content": [block]}})
    return _lines(rows)


def _atif(name, steps, tools):
    rows = []
    for kind, *rest in steps:
        step = {"step_id": len(rows) + 1, "source": kind, "message": rest[0]}
        if kind == "say":
            step["source"] = "agent"
        elif kind == "call":
            function, arguments, outcome, answer = rest
            call = {
                "tool_call_id": f"c{len(rows)}",
                "function_name": function,
                "arguments": arguments,
            }
            step |= {"source": "agent", "message": "", "tool_calls": [call]}
            if outcome != "open":
                result = {"source_call_id": f"c{len(rows)}", "content": answer}
                step["observation"] = {"results": [result]}
        rows.append(step)
    agent = {"name": "some-agent", "version": "1", "model_name": "some/model"}
    if tools is not None:
        agent["tool_definitions"] = [
            {"type": "function", "function": {"name": tool}} for tool in tools
        ]
    whole = {"schema_version": "ATIF-v1.7", "session_id": name, "agent": agent, "steps": rows}
    return json.dumps(whole, indent=2)
