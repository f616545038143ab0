import Geo

extension GeoBox {
    /// The blocks of a grid that share area with any of some polygons in the grid's CRS, row by row.
    ///
    /// - `size`: Columns and rows of a block; those at the right and lower edge may be smaller.
    func blocks(of size: XY<Int>, touching polygons: [MultiPolygon]) -> [PixelWindow] {
        stride(from: 0, to: height, by: size.y).flatMap { row in
            stride(from: 0, to: width, by: size.x).compactMap { column in
                let window = PixelWindow(
                    column: column,
                    row: row,
                    width: min(size.x, width - column),
                    height: min(size.y, height - row)
                )
                // Half a pixel more on each side: a warp may touch a pixel whose edge alone is covered.
                let box = cropped(to: window).bounds
                let (dx, dy) = (abs(resolution.x) / 2, abs(resolution.y) / 2)
                let grown = BoundingBox(
                    left: box.left - dx,
                    bottom: box.bottom - dy,
                    right: box.right + dx,
                    top: box.top + dy
                )
                return polygons.contains { $0.intersects(grown) } ? window : nil
            }
        }
    }
}

/// The largest block, made of whole or halved chunks, that keeps within a number of bytes.
///
/// - `chunk`: Columns and rows of a chunk of the output.
/// - `tile`: Columns and rows of the tile; no block is larger.
/// - `bytesPerPixel`: What one pixel of a block takes while it is computed.
/// - `limit`: Bytes that one thread may use.
func blockSize(chunk: XY<Int>, tile: XY<Int>, bytesPerPixel: Int, limit: Int) -> XY<Int> {
    var size = XY(x: min(chunk.x, tile.x), y: min(chunk.y, tile.y))
    while size.x * size.y * bytesPerPixel > limit, size.y > 1 { size.y = (size.y + 1) / 2 }
    return size
}
