import Foundation
import Geo

/// The XML documents of a simulated Sentinel-2 scene, in the structure of the real ones.
struct Sentinel2Metadata: Sendable {
    let names: Sentinel2Names
    let tile: SimulatedTile
    let sun: SunPosition
    /// Resolutions and the bands written in each.
    let bands: [(resolution: Int, names: [String])]
    let format: SimulationPlan.BandFormat
    /// Percentages of the pixels by the names that the metadata use.
    let content: [(name: String, percent: Double)]
    /// Latitude and longitude of the valid area's corners, closed.
    let footprint: [Point]

    /// True from baseline 04.00 on, where 1000 is added to each digital number.
    var hasOffset: Bool { (Double(names.baseline) ?? 0) >= 4 }

    /// `MTD_MSIL2A.xml`.
    func product() -> String {
        let cloud = content.first { $0.name == "CLOUDY_PIXEL_PERCENTAGE" }?.percent ?? 0
        let start = Timestamp.iso(names.datatakeStart).replacing("Z", with: ".024Z")
        let format = format == .jp2 ? "JPEG2000" : "GeoTIFF"
        let files = bands.flatMap { group in
            group.names.map { band in
                "            <IMAGE_FILE>GRANULE/\(names.granule)/IMG_DATA/R\(group.resolution)m/"
                    + names.bandFile(band, resolution: group.resolution) + "</IMAGE_FILE>"
            }
        }
        let offsets = (0..<13).map { "        <BOA_ADD_OFFSET band_id=\"\($0)\">-1000</BOA_ADD_OFFSET>" }
        let offsetList =
            hasOffset
            ? "\n      <BOA_ADD_OFFSET_VALUES_LIST>\n\(offsets.joined(separator: "\n"))\n      </BOA_ADD_OFFSET_VALUES_LIST>"
            : ""
        let positions = footprint.map { "\($0.y) \($0.x)" }.joined(separator: " ")
        let schema = "https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd"
        return """
            <?xml version="1.0" encoding="UTF-8" standalone="no"?>
            <n1:Level-2A_User_Product xmlns:n1="\(schema)" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
              <n1:General_Info>
                <Product_Info>
                  <PRODUCT_START_TIME>\(start)</PRODUCT_START_TIME>
                  <PRODUCT_STOP_TIME>\(start)</PRODUCT_STOP_TIME>
                  <PRODUCT_URI>\(names.product).SAFE</PRODUCT_URI>
                  <PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
                  <PRODUCT_TYPE>S2MSI2A</PRODUCT_TYPE>
                  <PROCESSING_BASELINE>\(names.baseline)</PROCESSING_BASELINE>
                  <GENERATION_TIME>\(Timestamp.iso(names.generationTime).replacing("Z", with: ".000000Z"))</GENERATION_TIME>
                  <PREVIEW_IMAGE_URL>Not applicable</PREVIEW_IMAGE_URL>
                  <PREVIEW_GEO_INFO>Not applicable</PREVIEW_GEO_INFO>
                  <Datatake datatakeIdentifier="\(names.datatakeID)">
                    <SPACECRAFT_NAME>\(names.spacecraft.replacing("S2", with: "Sentinel-2"))</SPACECRAFT_NAME>
                    <DATATAKE_TYPE>INS-NOBS</DATATAKE_TYPE>
                    <DATATAKE_SENSING_START>\(start)</DATATAKE_SENSING_START>
                    <SENSING_ORBIT_NUMBER>\(names.relativeOrbit)</SENSING_ORBIT_NUMBER>
                    <SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION>
                  </Datatake>
                  <Query_Options completeSingleTile="true">
                    <PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT>
                  </Query_Options>
                  <Product_Organisation>
                    <Granule_List>
                      <Granule datastripIdentifier="\(names.datastripID)" granuleIdentifier="\(names.tileID)" \
            imageFormat="\(format)">
            \(files.joined(separator: "\n"))
                      </Granule>
                    </Granule_List>
                  </Product_Organisation>
                </Product_Info>
                <Product_Image_Characteristics>
                  <Special_Values>
                    <SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT>
                    <SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX>
                  </Special_Values>
                  <Special_Values>
                    <SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT>
                    <SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX>
                  </Special_Values>
                  <QUANTIFICATION_VALUES_LIST>
                    <BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
                    <AOT_QUANTIFICATION_VALUE unit="none">1000.0</AOT_QUANTIFICATION_VALUE>
                    <WVP_QUANTIFICATION_VALUE unit="cm">1000.0</WVP_QUANTIFICATION_VALUE>
                  </QUANTIFICATION_VALUES_LIST>\(offsetList)
                </Product_Image_Characteristics>
              </n1:General_Info>
              <n1:Geometric_Info>
                <Product_Footprint>
                  <Product_Footprint>
                    <Global_Footprint>
                      <EXT_POS_LIST>\(positions) </EXT_POS_LIST>
                    </Global_Footprint>
                  </Product_Footprint>
                  <RASTER_CS_TYPE>POINT</RASTER_CS_TYPE>
                  <PIXEL_ORIGIN>1</PIXEL_ORIGIN>
                </Product_Footprint>
              </n1:Geometric_Info>
              <n1:Quality_Indicators_Info>
                <Cloud_Coverage_Assessment>\(cloud)</Cloud_Coverage_Assessment>
            \(contentLines("    "))
              </n1:Quality_Indicators_Info>
            </n1:Level-2A_User_Product>

            """
    }

    /// `MTD_TL.xml`.
    func granule() -> String {
        let sizes = [10, 20, 60].map { resolution in
            let box = tile.geoBox(resolution: Double(resolution))
            return """
                      <Size resolution="\(resolution)">
                        <NROWS>\(box.height)</NROWS>
                        <NCOLS>\(box.width)</NCOLS>
                      </Size>
                """
        }
        let (left, top) = (Int(tile.bounds.left), Int(tile.bounds.top))
        let positions = [10, 20, 60].map { resolution in
            """
                  <Geoposition resolution="\(resolution)">
                    <ULX>\(left)</ULX>
                    <ULY>\(top)</ULY>
                    <XDIM>\(resolution)</XDIM>
                    <YDIM>-\(resolution)</YDIM>
                  </Geoposition>
            """
        }
        let schema = "https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-2A_Tile_Metadata.xsd"
        let zone = "\(tile.zone.number < 10 ? "0" : "")\(tile.zone.number)\(tile.zone.isSouthern ? "S" : "N")"
        return """
            <?xml version="1.0" encoding="UTF-8" standalone="no"?>
            <n1:Level-2A_Tile_ID xmlns:n1="\(schema)" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
              <n1:General_Info>
                <TILE_ID metadataLevel="Brief">\(names.tileID)</TILE_ID>
                <DATASTRIP_ID metadataLevel="Standard">\(names.datastripID)</DATASTRIP_ID>
                <DOWNLINK_PRIORITY metadataLevel="Standard">NOMINAL</DOWNLINK_PRIORITY>
                <SENSING_TIME metadataLevel="Standard">\(Timestamp.iso(names.sensingTime))</SENSING_TIME>
                <Archiving_Info metadataLevel="Expertise">
                  <ARCHIVING_CENTRE>SIMU</ARCHIVING_CENTRE>
                  <ARCHIVING_TIME>\(Timestamp.iso(names.generationTime.addingTimeInterval(600)))</ARCHIVING_TIME>
                </Archiving_Info>
              </n1:General_Info>
              <n1:Geometric_Info>
                <Tile_Geocoding metadataLevel="Brief">
                  <HORIZONTAL_CS_NAME>WGS84 / UTM zone \(zone)</HORIZONTAL_CS_NAME>
                  <HORIZONTAL_CS_CODE>\(tile.crs.definition)</HORIZONTAL_CS_CODE>
            \(sizes.joined(separator: "\n"))
            \(positions.joined(separator: "\n"))
                </Tile_Geocoding>
                <Tile_Angles metadataLevel="Standard">
                  <Mean_Sun_Angle>
                    <ZENITH_ANGLE unit="deg">\(sun.zenith)</ZENITH_ANGLE>
                    <AZIMUTH_ANGLE unit="deg">\(sun.azimuth)</AZIMUTH_ANGLE>
                  </Mean_Sun_Angle>
                </Tile_Angles>
              </n1:Geometric_Info>
              <n1:Quality_Indicators_Info metadataLevel="Standard">
            \(contentLines("    "))
              </n1:Quality_Indicators_Info>
            </n1:Level-2A_Tile_ID>

            """
    }

    private func contentLines(_ margin: String) -> String {
        let lines = content.map { "\(margin)  <\($0.name)>\($0.percent)</\($0.name)>" }
        return (["\(margin)<Image_Content_QI>"] + lines + ["\(margin)</Image_Content_QI>"]).joined(separator: "\n")
    }
}
