from django.urls import path

from apps.runs.api import builds, jobs, matching, reads, tasks

urlpatterns = [
    path("tasks", tasks.TasksView.as_view(), name="tasks"),
    path("tasks/cancel", matching.CancelMatchingView.as_view(), name="tasks-cancel"),
    path("tasks/retry", matching.RetryMatchingView.as_view(), name="tasks-retry"),
    path("tasks/<uuid:task_id>", tasks.TaskView.as_view(), name="task"),
    path("tasks/<uuid:task_id>/reads", reads.ReadsView.as_view(), name="task-reads"),
    path("tasks/<uuid:task_id>/logs", tasks.LogsView.as_view(), name="task-logs"),
    path("tasks/<uuid:task_id>/cancel", tasks.CancelView.as_view(), name="task-cancel"),
    path("tasks/<uuid:task_id>/retry", tasks.RetryView.as_view(), name="task-retry"),
    path("tasks/<uuid:task_id>/rerun", tasks.RerunView.as_view(), name="task-rerun"),
    path("dags/<str:dag_name>/build", builds.BuildView.as_view(), name="build"),
    path("dags/<str:dag_name>/build/cutover", builds.CutoverView.as_view(), name="cutover"),
    path("dags/<str:dag_name>/jobs/<str:job>/runs", jobs.JobRunsView.as_view(), name="job-runs"),
    path("dags/<str:dag_name>/jobs/<str:job>/paused", jobs.PausedView.as_view(), name="job-paused"),
]
