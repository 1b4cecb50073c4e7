"""The one way in which a stored file is answered."""

from flask import Response, abort, request, send_file

from crm.core.files import storage
from crm.core.files.models import StoredFile
from crm.core.http import FILE_POLICY

# Whatever is in it, nothing of it runs, and not as a page of ours.
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
PRIVATE = "private, no-cache"  # revalidated each time, with a 304 where nothing changed
# Of an address that names the file itself, so that another file has another address.
UNCHANGING = "private, max-age=31536000, immutable"


def answer(file: StoredFile, *, inline: bool = False, cache: str = PRIVATE) -> Response:
    """The file as a download; `inline` to show it in a page, where it is safe.

    Whoever calls has fetched a row that links to the file, through the row filter. 404 where the
    content is missing.
    """
    is_shown = inline and file.is_safe
    try:
        content = storage.read(file.key)
    except FileNotFoundError:
        abort(404)
    response = send_file(
        content,
        mimetype=file.media_type,
        as_attachment=not is_shown,
        download_name=file.file_name,
        conditional=False,
        etag=file.sha256,
        last_modified=file.created_on,
    )
    response.content_length = file.size
    response.headers["Content-Security-Policy"] = FILE_POLICY if is_shown else SANDBOX
    response.headers["Cache-Control"] = cache
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.make_conditional(request, accept_ranges=True, complete_length=file.size)
    return response
