"""The right that an address has to need, whatever its view declares."""

from tests.house.addresses import Address, model_of

# The action of each method, said again: one that a view declares by mistake must be noticed.
ACTIONS = {
    "read": (
        "list", "index", "show", "pick", "totals", "counts", "row_menu", "neighbors",
        "preview", "file", "cover", "all", "apps", "app", "company", "get_list", "get", "info",
        "deleted", "test", "guests", "while_typing", "rows", "event", "remember",
        "repeat", "ics", "answer", "sheet", "pdf", "signed", "duplicates", "duplicates_of",
        "matches",
    ),
    "create": (
        "add", "post", "duplicate", "send_test", "compose", "send", "import_file",
        "import_confirm", "new_version",
    ),
    "edit": (
        "edit", "field", "put", "save", "up", "down", "make_client", "change_owner", "archive",
        "unarchive",
        "change_status", "move", "win",
        "lose", "reopen", "cancel", "mark_done", "take_charge", "new_password", "activate",
        "deactivate", "move_agency", "place", "demo", "hide", "send_again", "retry_failed", "undo",
        "reset", "revoke", "attach", "detach", "opportunity", "undo_move",
        "link", "revoke_link", "next_stage",
        "finalise", "mark_sent", "accept", "refuse", "extend", "approve", "withdraw",
        "merge", "merge_effects", "merge_with", "dismiss", "examine", "check_duplicates",
        "convert", "conversion_outlook", "undo_conversion",
    ),
    "delete": ("delete", "delete_series", "bin", "restore"),
    "export": ("export",),
}  # fmt: skip
ACTION_OF = {method: action for action, methods in ACTIONS.items() for method in methods}
WITHOUT_TABLE = {
    "ReferenceIndexView": "reference",
    "AppsView": "settings",
    "SetupView": "settings",
}  # view → its entity


def right_of(address: Address) -> tuple[str, str]:
    """The (entity, action) that an address has to need, by its table and the name of its method."""
    entity = getattr(model_of(address.view), "__entity__", None)
    return entity or WITHOUT_TABLE[address.view.endpoint], ACTION_OF[address.name]
