import Foundation
import FoundationXML

/// The capabilities document of OGC WMTS 1.0.0 (07-057r7), by which QGIS and others find the tiles.
enum WMTS {
    private static let set = "WebMercatorQuad"
    /// Metres from the middle of the world to its edge.
    private static let edge = 20_037_508.342789244

    static func capabilities(_ products: [DataProduct], at base: String) -> Data {
        let root = XMLElement(name: "Capabilities")
        root.set("xmlns", "http://www.opengis.net/wmts/1.0")
        root.set("xmlns:ows", "http://www.opengis.net/ows/1.1")
        root.set("xmlns:xlink", "http://www.w3.org/1999/xlink")
        root.set("version", "1.0.0")
        let service = XMLElement(name: "ows:ServiceIdentification")
        service.add("ows:Title", "antares")
        service.add("ows:ServiceType", "OGC WMTS")
        service.add("ows:ServiceTypeVersion", "1.0.0")
        root.addChild(service)
        let contents = XMLElement(name: "Contents")
        for product in products { contents.addChild(layer(product, at: base)) }
        contents.addChild(matrixSet())
        root.addChild(contents)
        let address = XMLElement(name: "ServiceMetadataURL")
        address.set("xlink:href", "\(base)/wmts/1.0.0/WMTSCapabilities.xml")
        root.addChild(address)
        return root.document
    }

    private static func layer(_ product: DataProduct, at base: String) -> XMLElement {
        let layer = XMLElement(name: "Layer")
        layer.add("ows:Title", product.name)
        layer.add("ows:Abstract", product.description)
        if let bounds = product.bounds {
            let box = XMLElement(name: "ows:WGS84BoundingBox")
            box.add("ows:LowerCorner", "\(bounds[0]) \(bounds[1])")
            box.add("ows:UpperCorner", "\(bounds[2]) \(bounds[3])")
            layer.addChild(box)
        }
        layer.add("ows:Identifier", product.name)
        let style = XMLElement(name: "Style")
        style.set("isDefault", "true")
        style.add("ows:Identifier", "default")
        layer.addChild(style)
        layer.add("Format", "image/png")
        let link = XMLElement(name: "TileMatrixSetLink")
        link.add("TileMatrixSet", set)
        layer.addChild(link)
        let resource = XMLElement(name: "ResourceURL")
        resource.set("format", "image/png")
        resource.set("resourceType", "tile")
        let name = product.name.queryEscaped
        resource.set("template", "\(base)/tiles/\(name)/{TileMatrix}/{TileCol}/{TileRow}.png")
        layer.addChild(resource)
        return layer
    }

    /// The tiles of the web's maps; a pixel of a screen is 0.28 mm wide for WMTS.
    private static func matrixSet() -> XMLElement {
        let element = XMLElement(name: "TileMatrixSet")
        element.add("ows:Identifier", set)
        element.add("ows:SupportedCRS", "urn:ogc:def:crs:EPSG::3857")
        element.add("WellKnownScaleSet", "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible")
        for zoom in 0...TileRoutes.zoomLimit {
            let matrix = XMLElement(name: "TileMatrix")
            let count = 1 << zoom
            matrix.add("ows:Identifier", "\(zoom)")
            matrix.add("ScaleDenominator", "\(2 * edge / 256 / Double(count) / 0.00028)")
            matrix.add("TopLeftCorner", "-\(edge) \(edge)")
            for (name, value) in [
                ("TileWidth", 256), ("TileHeight", 256), ("MatrixWidth", count), ("MatrixHeight", count),
            ] {
                matrix.add(name, "\(value)")
            }
            element.addChild(matrix)
        }
        return element
    }
}
