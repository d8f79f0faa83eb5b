"""The pages of the chat."""

from django.urls import path

from conversations import library_views, queue_views, reading_views, settings_views, tree_views, views

app_name = "conversations"

urlpatterns = [
    path("", views.home, name="home"),
    path("c/", views.new, name="new"),
    path("c/<uuid:conversation_id>/", views.detail, name="detail"),
    path("c/<uuid:conversation_id>/rename/", views.rename, name="rename"),
    path("c/<uuid:conversation_id>/delete/", views.delete, name="delete"),
    path("c/<uuid:conversation_id>/restore/", views.restore, name="restore"),
    path("c/<uuid:conversation_id>/end/", views.end, name="end"),
    path("messages/<uuid:message_id>/show/", tree_views.show, name="show"),
    path("messages/<uuid:message_id>/keep/", tree_views.keep, name="keep"),
    path("messages/<uuid:message_id>/fork/", tree_views.fork, name="fork"),
    path("messages/<uuid:message_id>/delete/", tree_views.delete, name="delete_message"),
    path("messages/<uuid:message_id>/restore/", tree_views.restore, name="restore_message"),
    path("queued/<uuid:queued_id>/edit/", queue_views.edit, name="edit_queued"),
    path("queued/<uuid:queued_id>/send/", queue_views.release, name="release_queued"),
    path("queued/<uuid:queued_id>/withdraw/", queue_views.withdraw, name="withdraw_queued"),
    path("replies/<uuid:reply_id>/details/", tree_views.details, name="details"),
    path("replies/<uuid:reply_id>/rate/", views.rate, name="rate"),
    path("replies/<uuid:reply_id>/document/", reading_views.document, name="document"),
    path("replies/<uuid:reply_id>/report/", views.report, name="report"),
    path("warnings/<uuid:warning_id>/", views.acknowledge, name="acknowledge"),
    path("library/", library_views.library, name="library"),
    path("library/more/", library_views.more, name="more"),
    path("library/arrange/", library_views.arrange_many, name="arrange"),
    path("library/folders/new/", library_views.new_folder, name="new_folder"),
    path("library/folders/<uuid:folder_id>/", library_views.folder, name="folder"),
    path("library/folders/<uuid:folder_id>/delete/", library_views.remove_folder, name="delete_folder"),
    path("models/", views.models, name="models"),
    path("settings/models/", settings_views.catalogue, name="catalogue"),
    path("settings/instructions/", settings_views.instructions, name="instructions"),
    path("settings/presets/", settings_views.presets, name="presets"),
    path("settings/presets/new/", settings_views.new_preset, name="new_preset"),
    path("settings/presets/<uuid:preset_id>/", settings_views.preset, name="preset"),
    path("settings/presets/<uuid:preset_id>/delete/", settings_views.delete_preset, name="delete_preset"),
]
