from __future__ import annotations

from rest_framework import serializers

from apps.dispatch.domain import Cause, EventKind, LogLevel, Outcome, Status
from apps.runs.api.base import FilterSerializer
from apps.runs.selectors.data import MOST_PIECES, MOST_REPORTS
from operators.sdk.words import Reason

_STATUSES, _CAUSES = [one.value for one in Status], [one.value for one in Cause]


class RangeSerializer(serializers.Serializer[object]):
    start = serializers.IntegerField(help_text="The first block.")
    end = serializers.IntegerField(help_text="The last block, which belongs to the range.")


class TaskSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    dag = serializers.CharField()
    job = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="Number of the version that the task belongs to.")
    root = serializers.UUIDField(help_text="The first task of all that led to this one; itself where nothing did.")  # type: ignore[assignment]  # so it is called in the answer
    status = serializers.ChoiceField(_STATUSES)
    cause = serializers.ChoiceField(_CAUSES)
    attempt = serializers.IntegerField(help_text="How often it was claimed.")
    partition = serializers.CharField(allow_null=True)
    range = RangeSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    claimed_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    next_retry_at = serializers.DateTimeField(allow_null=True, help_text="Of a failed task; null: nobody tries it again.")
    cancel_requested = serializers.BooleanField()
    progress = serializers.JSONField(allow_null=True, help_text="`{done, total, note}` as the operator reports it.")
    error = serializers.JSONField(allow_null=True, help_text="`{type, message, stack, retryable}` of the last attempt.")


class TaskPageSerializer(serializers.Serializer[object]):
    results = TaskSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    total = serializers.IntegerField(required=False, help_text="With `count=true`: how many match, counted up to 10,000.")
    is_more = serializers.BooleanField(required=False, help_text="With `count=true`: more match than were counted.")


class AttemptSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField()
    worker = serializers.CharField()
    claimed_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField([one.value for one in Outcome], allow_null=True)
    error = serializers.JSONField(allow_null=True)
    metrics = serializers.JSONField(allow_null=True)
    log_lines = serializers.IntegerField()


class EventSerializer(serializers.Serializer[object]):
    output = serializers.IntegerField(help_text="Of the job that said it.")
    kind = serializers.ChoiceField([one.value for one in EventKind])
    cursor = serializers.CharField(allow_null=True)
    partition = serializers.CharField(allow_null=True)
    range = RangeSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class ProducerSerializer(serializers.Serializer[object]):
    task = serializers.UUIDField(allow_null=True, help_text="null: a person said it.")
    dag = serializers.CharField()
    job = serializers.CharField()


class InputSerializer(EventSerializer):
    input = serializers.IntegerField()
    invalidation = serializers.ChoiceField(
        [one.value for one in Reason], allow_null=True, help_text="Why what it names did not hold any more; null for an event."
    )
    producer = ProducerSerializer(allow_null=True, help_text="null: of a DAG that you cannot see.")


class TallySerializer(serializers.Serializer[object]):
    queued = serializers.IntegerField()
    running = serializers.IntegerField()
    retrying = serializers.IntegerField()
    waiting = serializers.IntegerField(
        help_text="They come back when it is time, as before a range is final: nothing went wrong."
    )
    completed = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="For good: nobody tries them again.")
    canceled = serializers.IntegerField()
    is_settled = serializers.BooleanField(help_text="Nothing of it is open, and nothing that it said is still on its way.")


class TaskPieceSerializer(serializers.Serializer[object]):
    partition = serializers.CharField()
    number = serializers.IntegerField(help_text="How often it had been made, counting this one.")
    rows = serializers.IntegerField()
    size_bytes = serializers.IntegerField()


class TaskReadPieceSerializer(TaskPieceSerializer):
    input = serializers.IntegerField()
    version = serializers.UUIDField()
    read_rows = serializers.IntegerField(allow_null=True, help_text="As the attempt says; null: it has not.")
    read_bytes = serializers.IntegerField(allow_null=True)


class TaskReadPiecePageSerializer(serializers.Serializer[object]):
    results = TaskReadPieceSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class TaskVersionSerializer(serializers.Serializer[object]):
    dataset = serializers.CharField(
        allow_null=True, help_text="One that is read from it and that you see; of another org `org.name`."
    )
    job = serializers.CharField(allow_null=True, help_text="`dag / job`; null: of a DAG that you do not see.")
    version = serializers.UUIDField()
    is_current = serializers.BooleanField(help_text="Whether readers get it now.")
    partitions = serializers.IntegerField()
    rows = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    first = TaskPieceSerializer(many=True, help_text=f"At most {MOST_PIECES}.")


class TaskReadSerializer(TaskVersionSerializer):
    input = serializers.IntegerField()
    read_rows = serializers.IntegerField(allow_null=True, help_text="What it says it read of that; null: it has not said.")
    read_bytes = serializers.IntegerField(allow_null=True)


class TaskReadsSerializer(serializers.Serializer[object]):
    versions = TaskReadSerializer(many=True, help_text="As they were when the last attempt was claimed.")
    hidden = serializers.IntegerField(help_text="How many more, which you do not see.")


class TaskTableSerializer(serializers.Serializer[object]):
    dataset = serializers.CharField(allow_null=True)
    job = serializers.CharField(allow_null=True)
    output = serializers.IntegerField()
    reports = serializers.IntegerField(help_text=f"How often the task told of it, counted up to {MOST_REPORTS}.")
    is_more = serializers.BooleanField(help_text="It told of it more often, and what follows is not of all of that.")
    first = serializers.CharField(allow_null=True, help_text="The lowest block; a number of any size, as text.")
    last = serializers.CharField(allow_null=True)
    rows = serializers.IntegerField(allow_null=True, help_text="As the task says.")


class TaskMadeSerializer(serializers.Serializer[object]):
    versions = TaskVersionSerializer(many=True, help_text="Whose partitions it committed.")
    tables = TaskTableSerializer(many=True)


class WholeTaskSerializer(TaskSerializer):
    run = TallySerializer(help_text="All tasks of the run that you see.")
    made_by = serializers.CharField(allow_null=True)
    attempts = AttemptSerializer(many=True)
    inputs = InputSerializer(many=True)
    more_inputs = serializers.BooleanField(help_text="There are more than the 100 that are listed.")
    outputs = EventSerializer(many=True)
    more_outputs = serializers.BooleanField(help_text="There are more than the 100 that are listed.")
    led_to = serializers.ListField(child=serializers.UUIDField())
    reads = TaskReadsSerializer(help_text="Committed data; of what is no data, and of tables, `inputs` tells.")
    made = TaskMadeSerializer()


class LineSerializer(serializers.Serializer[object]):
    number = serializers.IntegerField(help_text="From 0.")
    at = serializers.DateTimeField()
    level = serializers.ChoiceField([one.value for one in LogLevel])
    text = serializers.CharField()


class LogSerializer(serializers.Serializer[object]):
    attempt = serializers.IntegerField(help_text="0: the task was never claimed.")
    lines = LineSerializer(many=True)
    next = serializers.IntegerField(help_text="Ask `from` here for what comes after.")
    first = serializers.IntegerField(help_text="The oldest line that is kept. What lies before it is passed over.")
    total = serializers.IntegerField(help_text="How far the lines go: the last one there is by now has the number before.")
    dropped = serializers.IntegerField(
        help_text="Lines beyond the bound of an attempt, which were not kept: of a source those before `first`, else the newest."
    )
    is_over = serializers.BooleanField(help_text="The attempt has ended: no more lines come.")


class StatusSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(_STATUSES)


class AloneSerializer(serializers.Serializer[object]):
    alone = serializers.BooleanField(default=False, help_text="The jobs below hear nothing of what it makes again.")


class TaskIdSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()


class BegunSerializer(serializers.Serializer[object]):
    tasks = TaskIdSerializer(many=True)


class MatchingSerializer(FilterSerializer):
    cursor = serializers.UUIDField(required=False, help_text="Go on from where the call before ended: its `next`.")


class BittenSerializer(serializers.Serializer[object]):
    count = serializers.IntegerField(help_text="Tasks of this call.")
    next = serializers.UUIDField(allow_null=True, help_text="More may match: call again with it as `cursor`.")


class RunSerializer(serializers.Serializer[object]):
    range = RangeSerializer(required=False, allow_null=True)


class PausedSerializer(serializers.Serializer[object]):
    paused = serializers.BooleanField()


class PausedJobSerializer(PausedSerializer):
    dag = serializers.CharField()
    job = serializers.CharField()
