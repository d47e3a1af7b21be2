"""Texts of the API that are one of a few words. The document names the words; the services refuse another, with a code of their own."""

from __future__ import annotations

from enum import StrEnum

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.orgs.domain import HostPurpose, Level, Scope, SystemRole


def word_field(words: type[StrEnum]) -> type[serializers.CharField]:
    field = type(f"{words.__name__}Field", (serializers.CharField,), {})
    return extend_schema_field({"type": "string", "enum": [word.value for word in words]})(field)


RoleField, LevelField, ScopeField = word_field(SystemRole), word_field(Level), word_field(Scope)
HostPurposeField = word_field(HostPurpose)
