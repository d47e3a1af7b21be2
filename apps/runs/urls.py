from django.urls import path

from apps.runs.views import builds, hooks, jobs, lists, live, logs, matching, pieces, tasks

app_name = "runs"
urlpatterns = [
    path("o/<slug:slug>/runs", lists.runs, name="runs"),
    path("o/<slug:slug>/runs/dead", lists.dead, name="dead"),
    path("o/<slug:slug>/runs/matching", matching.matching, name="matching"),
    path("o/<slug:slug>/runs/live", live.of_org, name="live"),
    path("o/<slug:slug>/runs/jobs/<str:dag_name>/<str:job>/pause", jobs.pause, name="pause"),
    path("o/<slug:slug>/runs/jobs/<str:dag_name>/<str:job>/start", jobs.start, name="start"),
    path("o/<slug:slug>/runs/builds/<str:dag_name>", builds.progress, name="build"),
    path("o/<slug:slug>/runs/builds/<str:dag_name>/cutover", builds.cut_over, name="cut-over"),
    path("o/<slug:slug>/runs/builds/<str:dag_name>/abandon", builds.abandon, name="abandon-build"),
    path("o/<slug:slug>/runs/<uuid:task_id>", tasks.task, name="task"),
    path("o/<slug:slug>/runs/<uuid:task_id>/live", live.of_task, name="task-live"),
    path("o/<slug:slug>/runs/<uuid:task_id>/reads", pieces.reads, name="reads"),
    path("o/<slug:slug>/runs/<uuid:task_id>/made", pieces.made, name="made"),
    path("o/<slug:slug>/runs/<uuid:task_id>/log", logs.log, name="log"),
    path("o/<slug:slug>/runs/<uuid:task_id>/log/raw", logs.raw_log, name="raw-log"),
    path("o/<slug:slug>/runs/<uuid:task_id>/rerunning", tasks.rerunning, name="rerunning"),
    path("o/<slug:slug>/runs/<uuid:task_id>/rerun", tasks.rerun, name="rerun"),
    path("o/<slug:slug>/runs/<uuid:task_id>/cancel", tasks.cancel, name="cancel"),
    path("o/<slug:slug>/runs/<uuid:task_id>/retry", tasks.retry, name="retry"),
    path("hooks/<slug:slug>/<path:path>", hooks.hook, name="hook"),
]
