export const MOST_ZOOM = 32;

/** What of the map is seen: which point, in units of the projection, is in the middle, and how large it is. */
export class Camera {
  zoom = 1;
  x = 0;
  y = 0;

  /** `size` is that of the view in pixels, `margin` is kept free around the whole earth, `reach` that of the earth in units. */
  fit(size, margin, reach) {
    [this.width, this.height] = size;
    this.reach = reach;
    this.whole = Math.max(
      8,
      Math.min((this.width / 2 - margin) / reach[0], (this.height / 2 - margin) / reach[1]),
    );
    this.keepIn();
  }

  /** Pixels a unit. */
  get scale() {
    return this.whole * this.zoom;
  }

  toScreen(x, y) {
    return [this.width / 2 + (x - this.x) * this.scale, this.height / 2 + (y - this.y) * this.scale];
  }

  toMap(x, y) {
    return [this.x + (x - this.width / 2) / this.scale, this.y + (y - this.height / 2) / this.scale];
  }

  /** By pixels. */
  pan(right, down) {
    this.x -= right / this.scale;
    this.y -= down / this.scale;
    this.keepIn();
  }

  /** The point at these pixels stays where it is. */
  zoomBy(factor, x = this.width / 2, y = this.height / 2) {
    const [mapX, mapY] = this.toMap(x, y);
    this.zoom = Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor));
    this.x = mapX - (x - this.width / 2) / this.scale;
    this.y = mapY - (y - this.height / 2) / this.scale;
    this.keepIn();
  }

  lookAt(x, y, zoom = this.zoom) {
    Object.assign(this, { x, y, zoom });
    this.keepIn();
  }

  /** The earth does not leave the view. */
  keepIn() {
    const [right, down] = this.reach.map((reach) => reach * (1 - 1 / this.zoom));
    this.x = Math.min(right, Math.max(-right, this.x));
    this.y = Math.min(down, Math.max(-down, this.y));
  }
}
