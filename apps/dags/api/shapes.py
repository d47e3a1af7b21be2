from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.dags.document.comparing import Change, SourceEffect
from apps.dags.domain import Cutover, Move, VersionState


class DocumentField(serializers.CharField):
    """Also text that no column could hold: the validator says where the NUL stands."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.validators = []

    def to_internal_value(self, data: object) -> str:
        """A number is no document, though a form would take its digits for one."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class YamlSerializer(serializers.Serializer[object]):
    yaml = DocumentField(trim_whitespace=False, allow_blank=True, help_text="The whole document, at most 1 MiB.")


class NewVersionSerializer(YamlSerializer):
    base = serializers.UUIDField(
        required=False, allow_null=True,
        help_text="The latest version that you have seen. If another came after it, the answer is 409 `stale_base`."
        " One that is none of the DAG's is 422 `unknown_base`.",
    )  # fmt: skip


class ProblemSerializer(serializers.Serializer[object]):
    code = serializers.CharField()
    message = serializers.CharField()
    path = serializers.CharField(help_text="JSON pointer into the document.")
    line = serializers.IntegerField(help_text="From 1.")
    column = serializers.IntegerField(help_text="From 1, in characters.")
    hint = serializers.CharField()


class FieldChangeSerializer(serializers.Serializer[object]):
    path = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class JobChangeSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    change = serializers.ChoiceField([change.value for change in Change])
    is_rebuilt = serializers.BooleanField()
    because = serializers.CharField(help_text="Why it is built anew; empty where it is not.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # so it is called in the answer
        [one.value for one in SourceEffect], allow_null=True, help_text="What happens to a source."
    )
    fields = FieldChangeSerializer(many=True)  # type: ignore[assignment]  # so it is called in the answer


class DatasetChangeSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    change = serializers.ChoiceField([change.value for change in Change])
    fields = FieldChangeSerializer(many=True)  # type: ignore[assignment]  # so it is called in the answer


class ComparisonSerializer(serializers.Serializer[object]):
    rebuild_scope = serializers.ListField(child=serializers.CharField())
    jobs = JobChangeSerializer(many=True)
    datasets = DatasetChangeSerializer(many=True)


class PlanSerializer(ComparisonSerializer):
    not_built = serializers.ListField(
        child=serializers.CharField(), help_text="Operators that this version of Trace cannot run yet: they forbid an activation."
    )


class CheckedSerializer(serializers.Serializer[object]):
    valid = serializers.BooleanField()
    name = serializers.CharField(allow_null=True, help_text="What the document calls itself, where that can be told.")
    errors = ProblemSerializer(many=True)  # type: ignore[assignment]  # so it is called in the answer
    warnings = ProblemSerializer(
        many=True, help_text="What forbids an activation and no deployment, such as an RPC pool that is not there yet."
    )
    plan = PlanSerializer(required=False, help_text="What activating it would change; only of a valid document.")


class VersionSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    dag = serializers.CharField()
    number = serializers.IntegerField()
    yaml_hash = serializers.CharField(help_text="SHA-256 of the text with line endings normalised.")
    state = serializers.ChoiceField([state.value for state in VersionState])
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(allow_null=True)


class WholeVersionSerializer(VersionSerializer):
    yaml = serializers.CharField()
    jobs = serializers.ListField(child=serializers.DictField())


class VersionPageSerializer(serializers.Serializer[object]):
    results = VersionSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ActivationSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    move = serializers.ChoiceField([move.value for move in Move])
    version = VersionSerializer(allow_null=True, help_text="null: the DAG was switched off.")
    before = VersionSerializer(allow_null=True)
    made_by = serializers.CharField(allow_null=True)
    made_at = serializers.DateTimeField()


class ActivationPageSerializer(serializers.Serializer[object]):
    results = ActivationSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class DagSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    description = serializers.CharField()
    active = VersionSerializer(allow_null=True)
    building = VersionSerializer(allow_null=True, help_text="Being built before it takes over, or ready to.")
    latest_number = serializers.IntegerField(allow_null=True)
    visibility = serializers.CharField(help_text="`private`, `org` or `role:<slug>`.")
    owner = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class DagPageSerializer(serializers.Serializer[object]):
    results = DagSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ActiveSerializer(serializers.Serializer[object]):
    version_id = serializers.UUIDField(allow_null=True, help_text="null switches the DAG off.")
    cutover = serializers.ChoiceField(
        [cutover.value for cutover in Cutover],
        default=Cutover.AUTO.value,
        help_text="When a version takes over that has to be built first.",
    )


class DiffSerializer(ComparisonSerializer):
    text = serializers.CharField(help_text="Unified diff of the two texts.")
