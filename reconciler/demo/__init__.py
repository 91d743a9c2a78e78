"""The whole loop in a throw-away sandbox: a stand-in SiliconFlow on loopback, a fresh OpenClaw home, real commands."""
