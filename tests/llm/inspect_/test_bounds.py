"""Bounds in a real Inspect run: a scripted model, real tools, no network, no key."""

import json
import os
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("inspect_ai")

from inspect_ai import Task, eval  # noqa: A004
from inspect_ai.agent import react
from inspect_ai.approval import Approval, ApprovalPolicy, approver
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.tool import ToolDef, tool

from bounds.deployment import BINDING, RULES
from telos.bounds.binding import Binding
from telos.bounds.calls import schema_digest
from telos.bounds.log import check_log
from telos.bounds.monitor import DENIED
from telos.bounds.rules import Bounds
from telos.core.errors import BoundsError
import telos.llm.inspect_.monitored as monitored
