from django.urls import path

from apps.dispatch.api import buffers, feeds, rpc, tasks, workers

urlpatterns = [
    path("internal/jwks/task", workers.JwksView.as_view(), name="jwks"),
    path("internal/probe-receipts", workers.ProbeReceiptView.as_view(), name="probe-receipts"),
    path("internal/task-claim", workers.ClaimView.as_view(), name="task-claim"),
    path("internal/task-claims", workers.ClaimsView.as_view(), name="task-claims"),
    path("internal/task-fetch", workers.FetchView.as_view(), name="task-fetch"),
    path("internal/buffers", buffers.BuffersView.as_view(), name="buffers"),
    path("internal/batch-claim", buffers.BatchClaimView.as_view(), name="batch-claim"),
    path("internal/batch-end", buffers.BatchEndView.as_view(), name="batch-end"),
    path("internal/rpc/pools", rpc.PoolsView.as_view(), name="rpc-pools"),
    path("internal/rpc/process-ticket", rpc.ProcessTicketView.as_view(), name="rpc-process-ticket"),
    path("v1/task/buffer-publish", buffers.BufferPublishView.as_view(), name="buffer-publish"),
    path("v1/task/heartbeat", tasks.HeartbeatView.as_view(), name="task-heartbeat"),
    path("v1/task/heartbeats", tasks.HeartbeatsView.as_view(), name="task-heartbeats"),
    path("v1/task/events", tasks.EventsView.as_view(), name="task-events"),
    path("v1/task/event-batches", tasks.EventBatchesView.as_view(), name="task-event-batches"),
    path("v1/task/complete", tasks.CompleteView.as_view(), name="task-complete"),
    path("v1/task/completions", tasks.CompletionsView.as_view(), name="task-completions"),
    path("v1/task/logs", tasks.LogsView.as_view(), name="task-logs"),
    path("v1/task/credentials", tasks.CredentialsView.as_view(), name="task-credentials"),
    path("v1/task/inputs", tasks.InputsView.as_view(), name="task-inputs"),
    path("v1/task/open-table", tasks.OpenTableView.as_view(), name="task-open-table"),
    path("v1/task/open-feed", feeds.OpenFeedView.as_view(), name="task-open-feed"),
    path("v1/task/open-pool", rpc.OpenPoolView.as_view(), name="task-open-pool"),
    path("v1/task/read-table", tasks.ReadTableView.as_view(), name="task-read-table"),
]
