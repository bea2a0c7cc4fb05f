"""Webhooks: programs elsewhere are told of deeds by signed requests, at least once each.

`events` names what there is to tell, `keeping` makes and changes webhooks, `payloads` and
`signing` make the requests, `delivering` makes them arrive, `queries` reads, `views` and `api`
are the doors. What waits is written by a trigger of the database (see `labelers.models.webhooks`).
"""
