import Documents
import Foundation
import TestSupport
import Testing

@testable import Jobs

struct DescriptionFormTests {
    /// One with every key, and with what documents have trouble with.
    static let full: JobDescription = {
        var description = JobDescription(
            name: "smooth_map",
            version: "1.2",
            annotation: "Smooths a map < \"quickly\" & 'well', größer.",
            parameters: [
                ParameterDescription("title", defaultValue: "<a & b>", annotation: "Its name"),
                ParameterDescription(
                    "radius",
                    .double,
                    isRequired: true,
                    defaultValue: "2.5",
                    unit: "m",
                    ucd: "phys.size.radius",
                    utype: "smooth:Kernel.radius",
                    minimum: 0.5,
                    maximum: 1000
                ),
                ParameterDescription("method", isRequired: true, defaultValue: "mean", options: ["mean", "median"]),
                ParameterDescription("bands", .int, minimum: -3, maximum: 20),
                ParameterDescription("count", .integer), ParameterDescription("level", .byte),
                ParameterDescription("offset", .short), ParameterDescription("big", .long),
                ParameterDescription("weight", .float), ParameterDescription("verbose", .boolean, defaultValue: "true"),
                ParameterDescription("day", .date, defaultValue: "2017-12-31"),
                ParameterDescription("manual", .address), ParameterDescription("mask", .file),
            ],
            inputs: [
                InputDescription("image", contentType: "image/tiff", multiplicity: "1", annotation: "What is smoothed"),
                InputDescription("scene", defaultValue: "S2A", url: "https://example.org/get?id=$ID"),
                InputDescription("word", multiplicity: "0..1", url: ""),
                InputDescription("mask", contentType: "image/png"),
            ],
            results: [
                ResultDescription("map", contentType: "image/tiff", pattern: "map.tif", annotation: "Smooth"),
                ResultDescription("pictures", contentType: "image/png", multiplicity: "*", pattern: "views/*.png"),
                ResultDescription("title"),
            ],
            executionDuration: 600,
            isOpen: true,
            script: "#!/bin/sh\n\tx=\"1 < 2 && 3\"\n  echo '$x' ]]> &amp; > map.tif\n\n"
        )
        (description.group, description.type, description.subtype) = ("maps", "filter", "smooth")
        (description.documentation, description.url) = ("https://example.org/doc?a=1&b=2", "https://example.org")
        (description.contactName, description.contactEmail) = ("Ana Ñandú", "ana@example.org")
        description.quote = 90
        return description
    }()

    @Test(arguments: DescriptionFormat.allCases)
    func `a description reads back as it was written`(format: DescriptionFormat) throws {
        let data = Self.full.data(as: format)
        #expect(try JobDescription(reading: data, origin: "full\(format.suffix)") == Self.full)
        let bare = JobDescription(name: "bare")
        #expect(try JobDescription(reading: bare.data(as: format), origin: "bare\(format.suffix)") == bare)
    }

    @Test func `what Codable writes is the form in JSON`() throws {
        let data = try JSONEncoder().encode(Self.full)
        #expect(try JobDescription(reading: data, origin: "full.json") == Self.full)
    }

    @Test func `the JSON form has what the pages of OPUS look for`() throws {
        let value = Self.full.document
        #expect(value["parameters_keys"]?.array?.first == "title")
        #expect(value["used_keys"] == ["image", "scene", "word", "mask"])
        #expect(value["generated_keys"] == ["map", "pictures", "title"])
        // Its JavaScript compares texts: p.required == 'false', p.options.split(','), p.datatype.indexOf.
        #expect(value["parameters"]?["title"]?["required"] == "false")
        #expect(value["parameters"]?["method"]?["options"] == "mean,median")
        #expect(value["parameters"]?["radius"]?["min"] == "0.5")
        #expect(value["used"]?["image"]?["datatype"] == "file")
        #expect(value["used"]?["image"]?["url"] == "file://$ID")
        #expect(value["used"]?["scene"]?["datatype"] == "xs:string")
        #expect(value["generated"]?["map"]?["content_type"] == "image/tiff")
    }

    @Test func `a description by hand needs few keys, in any of their spellings`() throws {
        let text = """
            {"name": "count", "parameters": [{"name": "b", "datatype": "int", "default": 3, "required": true},
             {"name": "a", "options": ["x", "y"]}], "used": {"in": {"required": "false"}},
             "generated": {"out": {"default": "*.txt"}}}
            """
        let description = try JobDescription(reading: Data(text.utf8), origin: "count.json")
        #expect(
            description
                == JobDescription(
                    name: "count",
                    parameters: [
                        ParameterDescription("b", .int, isRequired: true, defaultValue: "3"),
                        ParameterDescription("a", options: ["x", "y"]),
                    ],
                    inputs: [InputDescription("in", multiplicity: "0..1")],
                    results: [ResultDescription("out", pattern: "*.txt")]
                )
        )
    }

    @Test(arguments: [
        (
            "{\n\"name\": \"x\",\n\"parameters\": {\"a\": {\n\"datatyp\": \"int\"}}}",
            "d.json:4: 'parameters.a.datatyp' is an unknown key. Did you mean 'datatype'?"
        ),
        (
            "{\"name\": \"x\",\n\"parameters\": {\"a\": {\"min\": \"low\"}}}",
            "d.json:2: 'parameters.a.min' must be a number, not 'low'"
        ),
        ("{\"name\": \"x\",\n \"quote\" 3}", "d.json:2: "),
        (
            "<VOTABLE>\n<RESOURCE name='x'>\n<GROUP name='InputParams'>\n<PARAM name='a' datatype='bit'/>\n</GROUP>"
                + "</RESOURCE></VOTABLE>",
            "d.json:4: 'PARAM[a]' has the datatype 'bit', which no parameter has"
        ),
        (
            "<VOTABLE>\n<RESOURCE name='x'><PARAM name='quote' value='-1'/></RESOURCE></VOTABLE>",
            "d.json:2: 'PARAM[quote]' has -1 where value is a whole number of seconds"
        ),
        ("<VOTABLE>\n<RESOURCE name='x'>\n</VOTABLE>", "d.json:3: is no valid XML"),
        ("<application><resources/></application>", "'application' is no application with a resource of the id"),
        ("<html/>", "'html' is neither a VOTABLE nor a WADL application"),
        ("{\"name\": \"../x\"}", "job description '../x': the name has to be of letters"),
        (
            "{\"name\": \"x\", \"parameters\": {\"PHASE\": {}}}",
            "job description 'x': parameter 'PHASE' has a name that UWS keeps for itself."
        ),
        (
            "{\"name\": \"x\", \"parameters\": {\"a\": {\"datatype\": \"xs:byte\"}}}",
            "'parameters.a.datatype' has the unknown type 'xs:byte'"
        ),
        (
            "{\"name\": \"x\", \"parameters\": {\"a\": {\"datatype\": \"xs:int\", \"default\": \"1.5\"}}}",
            "parameter 'a': default '1.5' is no whole number."
        ),
        (
            "{\"name\": \"x\", \"parameters\": {\"a\": {}, \"A\": {}}}",
            "parameter 'A' is there twice."
        ),
        (
            "{\"name\": \"x\", \"generated\": {\"a\": {\"default\": \"../../key\"}}}",
            "result 'a': '../../key' is no name in the working folder"
        ),
        (
            "{\"name\": \"x\", \"doculink\": \"javascript:alert(1)\"}",
            "doculink 'javascript:alert(1)' is no address"
        ),
        (
            "{\"name\": \"x\", \"used\": {\"a\": {\"url\": \"ftp://example.org/$ID\"}}}",
            "input 'a': url 'ftp://example.org/$ID' is neither file://$ID nor an address with $ID."
        ),
    ])
    func `a mistake is named with its place`(text: String, message: String) {
        let error = #expect(throws: (any Error).self) {
            try JobDescription(reading: Data(text.utf8), origin: "d.json")
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains(message))
    }

    @Test(arguments: [
        // A document that grows, one that reads a file, one that is too deep.
        """
        <!DOCTYPE VOTABLE [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
        <VOTABLE><RESOURCE name="x"><DESCRIPTION>&b;</DESCRIPTION></RESOURCE></VOTABLE>
        """,
        """
        <!DOCTYPE VOTABLE [<!ENTITY a SYSTEM "file:///etc/passwd">]>
        <VOTABLE><RESOURCE name="x"><DESCRIPTION>&a;</DESCRIPTION></RESOURCE></VOTABLE>
        """,
        String(repeating: "<VOTABLE>", count: 100) + String(repeating: "</VOTABLE>", count: 100),
        "<VOTABLE><RESOURCE name='x'>" + String(repeating: "<a/>", count: 100_001) + "</RESOURCE></VOTABLE>",
        String(repeating: "[", count: 100_000),
    ])
    func `a document made to harm is refused`(text: String) {
        let error = #expect(throws: DocumentError.self) {
            try JobDescription(reading: Data(text.utf8), origin: "d.xml")
        }
        let reasons = ["document type or entities", "more elements than any job description", "nested too deeply"]
        #expect(reasons.contains { error?.reason.contains($0) ?? false })
    }

    @Test func `a description of OPUS is read`() throws {
        // As OPUS writes it (docs/jdl.md there): PARAMs of numbers as texts, line ends of a browser's form.
        let text = """
            <VOTABLE xmlns="http://www.ivoa.net/xml/VOTable/v1.3" version="1.3">
              <RESOURCE ID="add_text" name="add_text" type="meta" utype="voprov:ActivityDescription">
                <DESCRIPTION>Adds a text to a file</DESCRIPTION>
                <PARAM name="doculink" value="" arraysize="*" datatype="char"/>
                <PARAM name="contact_name" value="opus-admin" arraysize="*" datatype="char" utype="voprov:Agent.name"/>
                <PARAM name="executionDuration" value="20" datatype="int" utype="uws:Job.executionDuration"/>
                <PARAM name="quote" value="10" datatype="int" utype="uws:Job.quote"/>
                <PARAM name="script" value="cat $input &gt; $output&#13;&#10;echo $text &gt;&gt; $output&#13;&#10;"
                  arraysize="*" datatype="char"/>
                <GROUP name="InputParams">
                  <PARAM ID="text" name="text" datatype="char" value="!" arraysize="*">
                    <DESCRIPTION>Input text</DESCRIPTION>
                  </PARAM>
                </GROUP>
                <GROUP name="Used">
                  <GROUP name="input" utype="voprov:UsedDescription">
                    <DESCRIPTION>Input entity</DESCRIPTION>
                    <PARAM name="default" value="input.txt" arraysize="*" datatype="char"/>
                    <PARAM name="url" value="file://$ID" arraysize="*" datatype="char"/>
                  </GROUP>
                </GROUP>
                <GROUP name="Generated">
                  <GROUP name="output" utype="voprov:WasGeneratedBy">
                    <PARAM name="default" value="output.txt" arraysize="*" datatype="char"/>
                    <PARAM name="content_type" value="text/plain" arraysize="*" datatype="char"/>
                  </GROUP>
                </GROUP>
              </RESOURCE>
            </VOTABLE>
            """
        let description = try JobDescription(reading: Data(text.utf8), origin: "add_text_vot.xml")
        #expect(description.script == "cat $input > $output\necho $text >> $output\n")
        #expect(description.contactName == "opus-admin")
        #expect((description.executionDuration, description.quote) == (20, 10))
        #expect(
            description.parameters == [
                ParameterDescription("text", isRequired: true, defaultValue: "!", annotation: "Input text")
            ]
        )
        #expect(
            description.inputs == [InputDescription("input", defaultValue: "input.txt", annotation: "Input entity")]
        )
        #expect(
            description.results == [ResultDescription("output", contentType: "text/plain", pattern: "output.txt")]
        )
    }
}

private let python: String? = {
    guard let programs = VirtualEnvironment.programs(of: "jdl") else {
        announceSkipped("job descriptions read by astropy and wadllib", because: "scripts/venv.sh jdl failed.")
        return nil
    }
    return programs + "/python"
}()

/// What programs of others read in the forms.
@Suite(.enabled(if: python != nil)) struct DescriptionReaderTests {
    private func read(_ words: String...) throws -> DocumentValue {
        let script = repository.appending(path: "Tests/Python/check_jdl.py").path
        let answer = try run(try #require(python), [script] + words)
        try #require(answer.status == 0, "\(answer.errors)")
        return try JSONText.parse(answer.output, origin: "check_jdl.py")
    }

    @Test func `astropy reads the VOTable and has nothing to object to`() throws {
        let path = try TemporaryFolder().path("smooth_map_vot.xml")
        try DescriptionFormTests.full.voTable.write(to: URL(fileURLWithPath: path))
        let found = try read("votable", path)
        #expect(found["name"] == "smooth_map")
        #expect(found["type"] == "meta")
        #expect(found["utype"] == "voprov:ActivityDescription")
        #expect(found["annotation"] == .string(DescriptionFormTests.full.annotation))
        #expect(found["params"]?["executionDuration"]?.integer == 600)
        #expect(found["params"]?["script"]?.string == DescriptionFormTests.full.script)
        let radius = try #require(found["parameters"]?["radius"])
        #expect(radius["value"]?.double == 2.5)
        #expect(radius["unit"] == "m")
        #expect(radius["min"]?.double == 0.5)
        #expect(radius["required"] == true)
        #expect(found["parameters"]?["method"]?["options"] == ["mean", "median"])
        #expect(found["parameters"]?["title"]?["required"] == false)
        #expect(found["parameters"]?["mask"]?["xtype"] == "application/octet-stream")
        #expect(found["used"]?["image"]?["url"] == "file://$ID")
        #expect(found["generated"]?["pictures"]?["default"] == "views/*.png")
    }

    @Test func `wadllib reads the WADL`() throws {
        let path = try TemporaryFolder().path("smooth_map.wadl")
        try DescriptionFormTests.full.wadl(base: "http://localhost/rest/").write(to: URL(fileURLWithPath: path))
        let found = try read("wadl", path, "smooth_map")
        #expect(found["url"] == "http://localhost/rest/smooth_map")
        #expect(found["methods"] == ["get", "post"])
        #expect(found["types"] == ["application/x-www-form-urlencoded", "multipart/form-data"])
        let params = try #require(found["params"])
        #expect(params["radius"]?["required"] == true)
        #expect(params["radius"]?["type"] == "xs:double")
        #expect(params["radius"]?["default"] == "2.5")
        #expect(params["method"]?["options"] == ["mean", "median"])
        #expect(params["image"]?["type"] == "file")
        #expect(params["PHASE"]?["options"] == ["RUN"])
    }
}
