"""What the service's models are for that no agent can talk to, told by their names. Pure.

The listing that is asked for has chat models alone, and an answer of the service doesn't say what a model is for.
"""

from __future__ import annotations

import re

# Behind the maker's name, from the first that fits. Sources: what the service's OpenAPI description allows for each request
# (github.com/tryAGI/SiliconFlow, 2026-08-16), for the newer families github.com/api-evangelist/siliconflow, 2026-05-08.
_PURPOSES = (
    ("a reranking model", r".*rerank"),
    ("an embedding model", r".*embedding|bge-(?:m3|large|base|small)"),
    ("an image generation model", r"flux\.|stable-diffusion|sdxl|kolors$|qwen-image"),
    ("a speech recognition model", r"sensevoice|telespeechasr"),
    ("a speech model", r"cosyvoice|fish-speech|gpt-sovits|moss-ttsd"),
    ("a video generation model", r"wan2\.|hunyuanvideo|ltx-video|mochi-1"),
)

NOT_CHAT = "Take it out of the provider's models: those are what agents talk to, and the service refuses a chat with it."
"""What to do about such a model."""


def purpose(model_id: str) -> str:
    """What a model is instead of a chat model, such as ``an embedding model``; empty where its name doesn't say."""
    name = model_id.rpartition("/")[2].lower()
    return next((what for what, pattern in _PURPOSES if re.match(pattern, name)), "")
