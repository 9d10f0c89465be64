"""RTMP for OBS and switchers: nginx takes the connection, a relay hands the picture on.

``manage.py media`` runs it all in the foreground. nginx with its RTMP module is a separate
instance; it asks at loopback callbacks whether a publisher may come in (:mod:`.hooks`). For each
that may, a relay (:mod:`.relay`) plays the stream with ffmpeg, which copies it into fragmented
MP4 for the same packaging that browsers use.
"""
