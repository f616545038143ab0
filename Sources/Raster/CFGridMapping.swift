import Geo

/// The CF attributes of a grid mapping variable, as the Open Data Cube writes them.
struct CFGridMapping {
    let name: String
    let numbers: [(name: String, values: [Double])]

    /// The mapping of a CRS; fails for a projection that CF has no name for here.
    init(_ crs: CRSDescription) throws(RasterError) {
        var numbers: [(String, [Double])] = []
        func add(_ cf: String, _ wkt: String...) {
            let values = wkt.compactMap { crs.parameters[$0] }
            if !values.isEmpty { numbers.append((cf, values)) }
        }
        switch crs.projection {
        case "" where crs.isGeographic:
            name = "latitude_longitude"
        case "Transverse_Mercator":
            name = "transverse_mercator"
            add("scale_factor_at_central_meridian", "scale_factor")
            add("longitude_of_central_meridian", "central_meridian")
        case "Lambert_Conformal_Conic_2SP", "Lambert_Conformal_Conic_1SP":
            name = "lambert_conformal_conic"
            add("standard_parallel", "standard_parallel_1", "standard_parallel_2")
            add("longitude_of_central_meridian", "central_meridian")
        case "Albers_Conic_Equal_Area":
            name = "albers_conical_equal_area"
            add("standard_parallel", "standard_parallel_1", "standard_parallel_2")
            add("longitude_of_central_meridian", "longitude_of_center", "central_meridian")
        case "Sinusoidal":
            name = "sinusoidal"
            add("longitude_of_central_meridian", "longitude_of_center", "central_meridian")
        case "Cylindrical_Equal_Area":
            name = "lambert_cylindrical_equal_area"
            add("standard_parallel", "standard_parallel_1")
            add("longitude_of_central_meridian", "central_meridian")
        case "Lambert_Azimuthal_Equal_Area":
            name = "lambert_azimuthal_equal_area"
            add("longitude_of_projection_origin", "longitude_of_center")
        case let other:
            let hint = "Write GeoTIFF (storage.driver: GeoTIFF), or grid to a UTM, Albers, Lambert or geographic CRS."
            throw RasterError(
                .createFailed,
                "CF grid mapping of \(other)",
                ["CF netCDF has no name for it here"],
                hint: hint
            )
        }
        if !crs.isGeographic {
            add("latitude_of_projection_origin", "latitude_of_origin", "latitude_of_center")
            add("false_easting", "false_easting")
            add("false_northing", "false_northing")
        }
        numbers += [
            ("semi_major_axis", [crs.semiMajorAxis]),
            ("semi_minor_axis", [crs.semiMinorAxis]),
            ("inverse_flattening", [crs.inverseFlattening]),
        ]
        self.numbers = numbers
    }
}
