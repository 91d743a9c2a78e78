"""What a model that no agent can talk to is for."""

from __future__ import annotations

import pytest

from reconciler.sites.catalog import load_catalog
from reconciler.sites.purposes import purpose


@pytest.mark.parametrize(
    ("model_id", "what"),
    [
        ("BAAI/bge-m3", "an embedding model"),
        ("Pro/BAAI/bge-m3", "an embedding model"),
        ("netease-youdao/bce-embedding-base_v1", "an embedding model"),
        ("Qwen/Qwen3-Embedding-8B", "an embedding model"),
        ("BAAI/bge-reranker-v2-m3", "a reranking model"),
        ("Qwen/Qwen3-Reranker-0.6B", "a reranking model"),
        ("black-forest-labs/FLUX.1-schnell", "an image generation model"),
        ("stabilityai/stable-diffusion-3-5-large", "an image generation model"),
        ("Kwai-Kolors/Kolors", "an image generation model"),
        ("FunAudioLLM/SenseVoiceSmall", "a speech recognition model"),
        ("FunAudioLLM/CosyVoice2-0.5B", "a speech model"),
        ("Wan-AI/Wan2.2-T2V-A14B", "a video generation model"),
    ],
)
def test_a_model_that_is_no_chat_model_is_known_by_its_name(model_id: str, what: str) -> None:
    assert purpose(model_id) == what


@pytest.mark.parametrize("site", ["cn", "global"])
def test_no_chat_model_that_the_catalogue_knows_is_taken_for_something_else(site: str) -> None:
    catalog = load_catalog("cn" if site == "cn" else "global")
    assert [model for model in catalog.ids() if purpose(model)] == []
