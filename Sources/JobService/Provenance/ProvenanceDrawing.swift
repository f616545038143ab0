import Foundation
import FoundationXML
import Jobs

/// A graph as a picture: what was used or did something stands behind what came from it.
struct ProvenanceDrawing {
    private struct Box {
        let node: ProvenanceGraph.Node
        let lines: [String]
        var layer = 0
        var (x, y, width, height) = (0.0, 0.0, 0.0, 0.0)

        init(_ node: ProvenanceGraph.Node, _ lines: [String]) { (self.node, self.lines) = (node, lines) }

        var center: (x: Double, y: Double) { (x + width / 2, y + height / 2) }
    }

    private var boxes: [Box]
    private let edges: [(from: Int, to: Int, label: String)]
    private let isVertical: Bool
    private var size = (width: 0.0, height: 0.0)

    private static let (lineHeight, letterWidth, gap, layerGap) = (16.0, 6.8, 22.0, 110.0)
    private static let longestLine = 48

    /// - Parameters:
    ///   - graph: What is drawn.
    ///   - query: Which way, and whether with attributes.
    init(_ graph: ProvenanceGraph, _ query: ProvenanceQuery) {
        isVertical = query.drawing == .topBottom
        boxes = graph.nodes.map { node in
            var lines = [node.label]
            if query.showsAttributes {
                lines += node.attributes.map { "\($0.name.drop { $0 != ":" }.dropFirst()): \(Self.text($0.value))" }
                if let start = node.start { lines.append("start: \(start)") }
                if let end = node.end { lines.append("end: \(end)") }
            }
            lines = lines.map { $0.count > Self.longestLine ? $0.prefix(Self.longestLine - 1) + "…" : $0 }
            var box = Box(node, lines)
            box.width = Double(lines.map(\.count).max() ?? 0) * Self.letterWidth + 24
            box.height = Double(lines.count) * Self.lineHeight + 14
            return box
        }
        let places = Dictionary(graph.nodes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        edges = graph.edges.compactMap { edge in
            guard let from = places[edge.from], let to = places[edge.to] else { return nil }
            return (from, to, edge.kind.rawValue)
        }
        assignLayers()
        place()
    }

    private static func text(_ value: ProvenanceGraph.Value) -> String {
        switch value {
        case .text(let text): text
        case .number(let number): "\(number)"
        case .name(let name): name
        }
    }

    // MARK: - Layout

    /// A node stands at least one layer behind all that point to it; a circle, which no true history has, is cut.
    private mutating func assignLayers() {
        for _ in 0..<boxes.count {
            var isSettled = true
            for (from, to, _) in edges where boxes[to].layer <= boxes[from].layer && boxes[from].layer < boxes.count {
                boxes[to].layer = boxes[from].layer + 1
                isSettled = false
            }
            if isSettled { return }
        }
    }

    /// Orders each layer by where the neighbours in the layer before stand, and sets the places.
    private mutating func place() {
        var layers = Dictionary(grouping: boxes.indices) { boxes[$0].layer }
        var rank = [Double](repeating: 0, count: boxes.count)
        for layer in layers.keys.sorted() {
            let members = (layers[layer] ?? []).sorted()
            func middle(_ index: Int) -> Double {
                let before = edges.filter { $0.to == index && boxes[$0.from].layer < layer }.map { rank[$0.from] }
                return before.isEmpty ? .infinity : before.reduce(0, +) / Double(before.count)
            }
            let order = members.map { ($0, middle($0)) }.sorted { $0.1 != $1.1 ? $0.1 < $1.1 : $0.0 < $1.0 }.map(\.0)
            for (position, index) in order.enumerated() { rank[index] = Double(position) }
            layers[layer] = order
        }
        var along = 20.0
        var most = 0.0
        for layer in layers.keys.sorted() {
            let members = layers[layer] ?? []
            var across = 20.0
            for index in members {
                (boxes[index].x, boxes[index].y) = isVertical ? (across, along) : (along, across)
                across += (isVertical ? boxes[index].width : boxes[index].height) + Self.gap
            }
            most = max(most, across)
            along += (members.map { isVertical ? boxes[$0].height : boxes[$0].width }.max() ?? 0) + Self.layerGap
        }
        along -= Self.layerGap - 20
        // Layers with little in them stand in the middle.
        for members in layers.values {
            let end = members.map { isVertical ? boxes[$0].x + boxes[$0].width : boxes[$0].y + boxes[$0].height }.max()
            let shift = (most - Self.gap - (end ?? 0)) / 2
            for index in members {
                if isVertical { boxes[index].x += max(0, shift) } else { boxes[index].y += max(0, shift) }
            }
        }
        size = isVertical ? (most, along) : (along, most)
    }

    // MARK: - SVG

    var svg: Data {
        let root = XMLElement(name: "svg")
        root.set("xmlns", "http://www.w3.org/2000/svg")
        root.set("viewBox", "0 0 \(Int(size.width.rounded(.up))) \(Int(size.height.rounded(.up)))")
        root.set("width", "\(Int(size.width.rounded(.up)))")
        root.set("height", "\(Int(size.height.rounded(.up)))")
        root.set("role", "img")
        root.set("font-family", "sans-serif")
        root.set("font-size", "12")
        root.add("title", "Provenance: \(boxes.count) nodes, \(edges.count) relations")
        let definitions = XMLElement(name: "defs")
        let marker = XMLElement(name: "marker")
        for (name, value) in [
            ("id", "end"), ("viewBox", "0 0 10 10"), ("refX", "10"), ("refY", "5"), ("markerWidth", "8"),
            ("markerHeight", "8"), ("orient", "auto"),
        ] {
            marker.set(name, value)
        }
        marker.addChild(Self.shape("path", [("d", "M 0 0 L 10 5 L 0 10 z"), ("fill", "#555555")]))
        definitions.addChild(marker)
        root.addChild(definitions)
        root.addChild(Self.shape("rect", [("width", "100%"), ("height", "100%"), ("fill", "#ffffff")]))
        for edge in edges { draw(edge, in: root) }
        for box in boxes { draw(box, in: root) }
        return root.document
    }

    private func draw(_ edge: (from: Int, to: Int, label: String), in root: XMLElement) {
        let (from, to) = (boxes[edge.from], boxes[edge.to])
        let (start, end): ((x: Double, y: Double), (x: Double, y: Double))
        let path: String
        if isVertical {
            (start, end) = ((from.center.x, from.y + from.height), (to.center.x, to.y))
            let middle = (start.y + end.y) / 2
            path = Self.numbers(
                "M %.1f %.1f C %.1f %.1f %.1f %.1f %.1f %.1f",
                start.x,
                start.y,
                start.x,
                middle,
                end.x,
                middle,
                end.x,
                end.y
            )
        } else {
            (start, end) = ((from.x + from.width, from.center.y), (to.x, to.center.y))
            let middle = (start.x + end.x) / 2
            path = Self.numbers(
                "M %.1f %.1f C %.1f %.1f %.1f %.1f %.1f %.1f",
                start.x,
                start.y,
                middle,
                start.y,
                middle,
                end.y,
                end.x,
                end.y
            )
        }
        root.addChild(
            Self.shape("path", [("d", path), ("fill", "none"), ("stroke", "#555555"), ("marker-end", "url(#end)")])
        )
        let label = Self.shape(
            "text",
            [
                ("x", Self.numbers("%.1f", (start.x + end.x) / 2)),
                ("y", Self.numbers("%.1f", (start.y + end.y) / 2 - 4)),
                ("text-anchor", "middle"), ("font-size", "10"), ("fill", "#333333"),
            ]
        )
        label.stringValue = edge.label
        root.addChild(label)
    }

    private func draw(_ box: Box, in root: XMLElement) {
        let group = XMLElement(name: "g")
        group.add("title", ProvenanceGraph.legal(box.node.id))
        let fill =
            switch box.node.kind {
            case .entity: "#fffacd"
            case .activity: "#cfceff"
            case .agent: "#fed37f"
            }
        let corner =
            switch box.node.kind {
            case .entity: "14"
            case .activity: "0"
            case .agent: "4"
            }
        group.addChild(
            Self.shape(
                "rect",
                [
                    ("x", Self.numbers("%.1f", box.x)), ("y", Self.numbers("%.1f", box.y)),
                    ("width", Self.numbers("%.1f", box.width)), ("height", Self.numbers("%.1f", box.height)),
                    ("rx", corner), ("fill", fill), ("stroke", "#444444"),
                ]
            )
        )
        for (index, line) in box.lines.enumerated() {
            let text = Self.shape(
                "text",
                [
                    ("x", Self.numbers("%.1f", box.center.x)),
                    ("y", Self.numbers("%.1f", box.y + 18 + Double(index) * Self.lineHeight)),
                    ("text-anchor", "middle"), ("font-weight", index == 0 ? "bold" : "normal"), ("fill", "#111111"),
                ]
            )
            text.stringValue = ProvenanceGraph.legal(line)
            group.addChild(text)
        }
        root.addChild(group)
    }

    private static func shape(_ name: String, _ attributes: [(String, String)]) -> XMLElement {
        let element = XMLElement(name: name)
        for (name, value) in attributes { element.set(name, value) }
        return element
    }

    private static func numbers(_ format: String, _ values: Double...) -> String {
        String(format: format, arguments: values)
    }

    // MARK: - Graphviz

    /// The graph for the program `dot`.
    var dot: String {
        func quoted(_ text: String) -> String {
            "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " "))\""
        }
        var lines = ["digraph provenance {", "rankdir=\(isVertical ? "TB" : "LR");", "node [style=filled];"]
        for (index, box) in boxes.enumerated() {
            let (shape, fill) =
                switch box.node.kind {
                case .entity: ("ellipse", "#fffacd")
                case .activity: ("box", "#cfceff")
                case .agent: ("house", "#fed37f")
                }
            // The letters \n part lines in a label.
            let label = box.lines.map { String(quoted($0).dropFirst().dropLast()) }.joined(separator: "\\n")
            lines.append("n\(index) [shape=\(shape), fillcolor=\"\(fill)\", label=\"\(label)\"];")
        }
        for edge in edges { lines.append("n\(edge.from) -> n\(edge.to) [label=\(quoted(edge.label))];") }
        return (lines + ["}", ""]).joined(separator: "\n")
    }
}
