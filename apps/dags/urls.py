from django.urls import path

from apps.dags.views import calls, changes, pages, visibility

app_name = "dags"
# `-` is no name of a DAG, so what is not about one lives below it.
urlpatterns = [
    path("o/<slug:slug>/dags", pages.dags, name="dags"),
    path("o/<slug:slug>/dags/-/new", pages.new, name="new"),
    path("o/<slug:slug>/dags/-/check", calls.check, name="check"),
    path("o/<slug:slug>/dags/-/edit", calls.edit, name="edit-text"),
    path("o/<slug:slug>/dags/-/vocabulary", calls.vocabulary, name="vocabulary"),
    path("o/<slug:slug>/dags/-/draft", calls.draft, name="draft"),
    path("o/<slug:slug>/dags/-/discard", changes.discard, name="discard"),
    path("o/<slug:slug>/dags/-/deploy", calls.deploy, name="deploy"),
    path("o/<slug:slug>/dags/-/plan", calls.plan, name="plan"),
    path("o/<slug:slug>/dags/-/diff", calls.diff, name="diff"),
    path("o/<slug:slug>/dags/<str:dag_name>", pages.dag, name="dag"),
    path("o/<slug:slug>/dags/<str:dag_name>/edit", pages.editor, name="editor"),
    path("o/<slug:slug>/dags/<str:dag_name>/history", pages.history, name="history"),
    path("o/<slug:slug>/dags/<str:dag_name>/versions/<int:number>", pages.version, name="version"),
    path("o/<slug:slug>/dags/<str:dag_name>/versions/<int:number>/diff", pages.comparison, name="comparison"),
    path("o/<slug:slug>/dags/<str:dag_name>/activate", changes.activate, name="activate"),
    path("o/<slug:slug>/dags/<str:dag_name>/delete", changes.delete, name="delete"),
    path("o/<slug:slug>/dags/<str:dag_name>/visibility", visibility.visibility, name="visibility"),
]
