from __future__ import annotations

from rest_framework import serializers

from apps.datasets.domain import Storage


class OutputSerializer(serializers.Serializer[object]):
    job = serializers.CharField()
    output = serializers.IntegerField()


class DatasetProducerSerializer(serializers.Serializer[object]):
    dag = serializers.CharField(allow_null=True, help_text="null: a DAG that you do not see.")
    outputs = OutputSerializer(many=True, help_text="Of a union two, the cold half first.")
    write_mode = serializers.CharField(allow_null=True)
    since = serializers.DateTimeField()


class FreshnessSerializer(serializers.Serializer[object]):
    last_changed_at = serializers.DateTimeField(allow_null=True, help_text="null: nothing was said of it yet.")
    highest_block = serializers.IntegerField(allow_null=True)
    cadence_seconds = serializers.IntegerField(
        allow_null=True, help_text="How often its DAG expects it to change; null: it does not say."
    )
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="Late then: one and a half times its cadence after the last change."
    )
    is_late = serializers.BooleanField()
    blocks_behind = serializers.IntegerField(
        allow_null=True, help_text="Behind what it is made of; null where that has no blocks, or is no dataset."
    )
    seconds_behind = serializers.IntegerField(
        allow_null=True, help_text="From its last change to that of what it is made of; 0 where it is behind by no block."
    )


class DatasetSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    org = serializers.CharField(help_text="Of another org than yours: its address is `org.name`.")
    owner = serializers.CharField(allow_null=True, help_text="Whom to ask, and the admins of the org, where it is not open.")
    is_open = serializers.BooleanField(help_text="Whether you may see it. Where not, nothing below is there.")
    description = serializers.CharField(required=False)
    storage = serializers.ChoiceField([one.value for one in Storage], required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    visibility = serializers.CharField(required=False, help_text="`private`, `org` or `role:<slug>`.")
    multi_writer = serializers.BooleanField(required=False)
    has_pii = serializers.BooleanField(required=False, help_text="Whether a column of it is classified as personal data.")
    producers = DatasetProducerSerializer(many=True, required=False, help_text="Empty once no active version publishes it.")
    matching_columns = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Those that `search` finds."
    )
    created_at = serializers.DateTimeField(required=False)
    freshness = FreshnessSerializer(required=False)


class DatasetPageSerializer(serializers.Serializer[object]):
    results = DatasetSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class PiiMarkSerializer(serializers.Serializer[object]):
    kind = serializers.CharField()
    handling = serializers.CharField()
    mask = serializers.CharField(allow_null=True)


class ColumnSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    type = serializers.CharField(allow_null=True, help_text="null: its operator says it at run time.")
    nullable = serializers.BooleanField(allow_null=True)
    description = serializers.CharField()
    pii = PiiMarkSerializer(allow_null=True)


class MakerSerializer(serializers.Serializer[object]):
    dag = serializers.CharField()
    job = serializers.CharField()
    operator = serializers.CharField()
    datasets = serializers.ListField(child=serializers.CharField(), help_text="Datasets that it reads.")
    jobs = serializers.ListField(child=serializers.CharField(), help_text="Jobs of its DAG that it reads.")


class ReaderSerializer(serializers.Serializer[object]):
    dag = serializers.CharField()
    job = serializers.CharField()
    operator = serializers.CharField()
    by_name = serializers.BooleanField(help_text="False: a job of the same DAG that names the job.")
    makes = serializers.ListField(child=serializers.CharField(), help_text="Datasets that it makes.")


class WholeDatasetSerializer(DatasetSerializer):
    where = serializers.DictField(child=serializers.CharField(), required=False, help_text="What a reader may filter by.")
    columns = ColumnSerializer(many=True, required=False)
    made_by = MakerSerializer(many=True, required=False)
    read_by = ReaderSerializer(many=True, required=False, help_text="Jobs of active versions of DAGs that you see.")
