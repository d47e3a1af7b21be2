from django.urls import path

from apps.console import gallery

urlpatterns = [path("", gallery.show, name="gallery")]
