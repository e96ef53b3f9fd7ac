"""What a visitor may send: parameters, values, choices and pages, each checked strictly.

Nothing here knows a service, or sends a request.
"""
