import Foundation
import ONNXSchema
import SwiftProtobuf

/// An ONNX graph under construction: values are named, and each node names its output.
struct ONNXGraph {
  private(set) var proto = Onnx_GraphProto()
  private var constants: Set<String> = []
  private var nodes = 0

  init(name: String) { proto.name = name }

  /// Appends a node and returns the name of its output.
  mutating func node(
    _ operation: String, _ inputs: [String], _ attributes: [Onnx_AttributeProto] = [], output: String? = nil
  ) -> String {
    nodes += 1
    var node = Onnx_NodeProto()
    node.opType = operation
    node.name = "\(operation)_\(nodes)"
    node.input = inputs
    let name = output ?? "\(operation.lowercased())_\(nodes)"
    node.output = [name]
    node.attribute = attributes
    proto.node.append(node)
    return name
  }

  /// A tensor of weights; returns `name`.
  mutating func weights(_ name: String, shape: [Int], _ values: [Float]) -> String {
    var tensor = Onnx_TensorProto()
    tensor.name = name
    tensor.dims = shape.map(Int64.init)
    tensor.dataType = Int32(Onnx_TensorProto.DataType.float.rawValue)
    // ONNX requires little-endian, which is the order of all supported platforms.
    tensor.rawData = values.withUnsafeBytes { Data($0) }
    proto.initializer.append(tensor)
    return name
  }

  /// One float without dimensions.
  mutating func scalar(_ value: Float, name: String) -> String {
    constants.insert(name).inserted ? weights(name, shape: [], [value]) : name
  }

  /// Integers: a vector, or one without dimensions.
  mutating func integers(_ values: [Int64], isScalar: Bool = false) -> String {
    let name = "integers" + values.map { "_\($0)" }.joined() + (isScalar ? "_scalar" : "")
    guard constants.insert(name).inserted else { return name }
    var tensor = Onnx_TensorProto()
    tensor.name = name
    tensor.dims = isScalar ? [] : [Int64(values.count)]
    tensor.dataType = Int32(Onnx_TensorProto.DataType.int64.rawValue)
    tensor.int64Data = values
    proto.initializer.append(tensor)
    return name
  }

  mutating func addInput(_ name: String, _ type: Onnx_TensorProto.DataType, _ shape: [ONNXExtent], about: String) {
    proto.input.append(ONNXGraph.value(name, type, shape, about))
  }

  mutating func addOutput(_ name: String, _ type: Onnx_TensorProto.DataType, _ shape: [ONNXExtent], about: String) {
    proto.output.append(ONNXGraph.value(name, type, shape, about))
  }

  private static func value(
    _ name: String, _ type: Onnx_TensorProto.DataType, _ shape: [ONNXExtent], _ about: String
  ) -> Onnx_ValueInfoProto {
    var value = Onnx_ValueInfoProto()
    value.name = name
    value.docString = about
    value.type.tensorType.elemType = Int32(type.rawValue)
    value.type.tensorType.shape.dim = shape.map { extent in
      var dimension = Onnx_TensorShapeProto.Dimension()
      switch extent {
      case .fixed(let count): dimension.dimValue = Int64(count)
      case .free(let name): dimension.dimParam = name
      }
      return dimension
    }
    return value
  }
}

/// The extent of a tensor's dimension: a number, or a name if it is free.
enum ONNXExtent {
  case fixed(Int)
  case free(String)
}

extension Onnx_AttributeProto {
  static func integer(_ name: String, _ value: Int) -> Onnx_AttributeProto {
    var attribute = Onnx_AttributeProto()
    (attribute.name, attribute.type, attribute.i) = (name, .int, Int64(value))
    return attribute
  }

  static func integers(_ name: String, _ values: [Int]) -> Onnx_AttributeProto {
    var attribute = Onnx_AttributeProto()
    (attribute.name, attribute.type, attribute.ints) = (name, .ints, values.map(Int64.init))
    return attribute
  }

  static func float(_ name: String, _ value: Float) -> Onnx_AttributeProto {
    var attribute = Onnx_AttributeProto()
    (attribute.name, attribute.type, attribute.f) = (name, .float, value)
    return attribute
  }

  static func text(_ name: String, _ value: String) -> Onnx_AttributeProto {
    var attribute = Onnx_AttributeProto()
    (attribute.name, attribute.type, attribute.s) = (name, .string, Data(value.utf8))
    return attribute
  }
}
