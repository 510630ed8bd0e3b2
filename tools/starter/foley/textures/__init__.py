"""One file a texture: `VARIANTS`, its four named settings, and `render(setting, ...)`."""
