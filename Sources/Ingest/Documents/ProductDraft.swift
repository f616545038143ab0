import DatacubeIndex
public import Documents
import Foundation
import Geo
import Raster

/// Product definitions made from a dataset's document and its files, for rasters that no template describes.
public enum ProductDraft {
    /// A definition with the document's measurements, their types, units and missing values.
    ///
    /// - `nodata`: For files that declare none; left out, integers take the far end of their type and others NaN.
    /// - Throws: `SceneError` where a file cannot be read.
    public static func definition(for document: DocumentValue, nodata: Double? = nil) throws -> DocumentValue {
        let name = document.at("product", "name")?.string ?? "product"
        var root = DocumentObject()
        root["name"] = .string(name)
        root["description"] = .string("Made by antares from the files of \(document["label"]?.string ?? "a dataset")")
        root["metadata_type"] = "eo3"
        root["metadata"] = ["product": ["name": .string(name)]]
        let isNetCDF = document.at("properties", "odc:file_format")?.string?.lowercased() == "netcdf"
        let entries = document["measurements"]?.object ?? DocumentObject()
        root["measurements"] = .array(
            try entries.map { entry in
                var made = try measurement(entry.key, entry.value, isNetCDF: isNetCDF, nodata: nodata)
                let scaling = document.at("properties", EO3.scaling, entry.key)
                for key in ["scale_factor", "add_offset"] { made[key] = scaling?[key] }
                return .object(made)
            }
        )
        return .object(root)
    }

    private static func measurement(
        _ name: String,
        _ place: DocumentValue,
        isNetCDF: Bool,
        nodata: Double?
    ) throws -> DocumentObject {
        let path = place["path"]?.string ?? ""
        let facts = try isNetCDF ? variable(path, place["layer"]?.string ?? name) : raster(path, place)
        var object = DocumentObject()
        object["name"] = .string(name)
        object["dtype"] = .string(facts.type.rawValue)
        object["nodata"] = number(facts.nodata ?? nodata ?? standIn(facts.type))
        object["units"] = .string(facts.units ?? "1")
        return object
    }

    private typealias Facts = (type: PixelType, nodata: Double?, units: String?)

    private static func raster(_ path: String, _ place: DocumentValue) throws -> Facts {
        do {
            let file = try RasterFile(opening: path)
            let band = place["band"]?.integer ?? 1
            guard let type = file.pixelType(band: band) else {
                throw SceneError(path, "has samples of a type that is not read", hint: "Convert it to real numbers.")
            }
            return (type, file.nodata(band: band), nil)
        } catch let error as RasterError {
            throw SceneError(
                path,
                "cannot be read (\(error.messages.joined(separator: "; ")))",
                hint: "Fetch it again."
            )
        }
    }

    private static func variable(_ path: String, _ name: String) throws -> Facts {
        do {
            let found = try NetCDFFile(opening: path).variables().first { $0.name == name }
            guard let found, let type = found.type else {
                throw SceneError(path, "has no variable '\(name)' of numbers", hint: "Fetch it again.")
            }
            let missing = found.numbers["_FillValue"]?.first ?? found.numbers["missing_value"]?.first
            return (type, missing, found.texts["units"])
        } catch let error as RasterError {
            throw SceneError(
                path,
                "cannot be read (\(error.messages.joined(separator: "; ")))",
                hint: "Fetch it again."
            )
        }
    }

    private static func number(_ value: Double) -> DocumentValue {
        value.isFinite && value == value.rounded() && abs(value) < 1e15 ? .integer(Int(value)) : .double(value)
    }

    private static func standIn(_ type: PixelType) -> Double {
        switch type {
        case .uint8: 255
        case .uint16: 65_535
        case .uint32: 4_294_967_295
        case .int8: -128
        case .int16: -32_768
        case .int32: -2_147_483_648
        case .float32, .float64: .nan
        }
    }
}
