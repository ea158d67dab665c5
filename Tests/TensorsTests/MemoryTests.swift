import Tensors
import Testing

@Suite struct MemoryTests {
  @Test func storageIsAlignedAndZero() {
    for count in [0, 1, 15, 16, 17, 1000, 262_144, 600_001] {
      let storage = Storage(count: count)
      #expect(UInt(bitPattern: storage.base) % 64 == 0)
      #expect(storage.capacity == count)
      #expect((0..<count + 64).allSatisfy { storage.base[$0] == 0 })
    }
  }

  @Test func storageGrowsToZerosAndNeverShrinks() {
    let storage = Storage(count: 20)
    storage.fill(3)
    let address = storage.base
    storage.ensure(20)
    storage.ensure(5)
    #expect(storage.base == address && storage.capacity == 20)
    #expect((0..<84).allSatisfy { storage.base[$0] == 3 })
    storage.ensure(21)
    #expect(storage.capacity == 21)
    #expect(UInt(bitPattern: storage.base) % 64 == 0)
    #expect((0..<85).allSatisfy { storage.base[$0] == 0 })
    storage.fill(3)
    storage.ensure(300_000)
    #expect((-16..<300_064).allSatisfy { storage.base[$0] == 0 }, "large pages")
  }

  @Test func matrixIsARowMajorView() {
    let storage = Storage(count: 30)
    for i in 0..<30 { storage.base[i] = Float(i) }
    let matrix = Matrix(storage: storage, offset: 7, rows: 3, columns: 5)
    #expect(matrix.count == 15)
    #expect(matrix.elements == (7..<22).map { Float($0) })
    #expect(matrix.row(2)[1] == 18)
    matrix.fill(-1)
    for i in 0..<30 { #expect(storage.base[i] == ((7..<22).contains(i) ? -1 : Float(i))) }
  }

  @Test func matrixFollowsAGrowingStorage() {
    let storage = Storage(count: 4)
    let matrix = Matrix(storage: storage, rows: 2, columns: 2)
    storage.ensure(100_000)
    #expect(matrix.pointer == storage.base)
    #expect(matrix.elements == [0, 0, 0, 0])
  }

  @Test func matrixOwnsGivenElements() {
    let matrix = Matrix(rows: 2, columns: 3, [1, 2, 3, 4, 5, 6])
    #expect(matrix.row(1)[0] == 4)
    #expect(matrix.elements == [1, 2, 3, 4, 5, 6])
    #expect(Matrix(rows: 4, columns: 2).elements == [Float](repeating: 0, count: 8))
  }

  @Test func activationsAreApartFromEachOther() {
    let workspace = Workspace()
    workspace.reset()
    let views = [(3, 5), (1, 16), (7, 11), (1, 1)].map { workspace.activation(rows: $0.0, columns: $0.1) }
    workspace.commit()
    for (i, view) in views.enumerated() {
      #expect(UInt(bitPattern: view.pointer) % 64 == 0)
      view.fill(Float(i + 1))
    }
    for (i, view) in views.enumerated() { #expect(view.elements.allSatisfy { $0 == Float(i + 1) }) }
  }

  @Test func gradientsAlternateBetweenTwoRegions() {
    let workspace = Workspace()
    workspace.reset()
    let views = [(2, 3), (40, 50), (9, 1), (5, 5)].map { workspace.gradient(rows: $0.0, columns: $0.1) }
    workspace.commit()
    #expect(views[0].pointer == views[2].pointer && views[1].pointer == views[3].pointer)
    for (a, b) in zip(views, views.dropFirst()) {
      a.fill(1)
      b.fill(2)
      #expect(a.elements.allSatisfy { $0 == 1 })
    }
  }

  @Test func scratchIsSharedAndAsLargeAsTheLargestRequest() {
    let workspace = Workspace()
    workspace.reset()
    let (a, b, c) = (workspace.scratch(count: 10), workspace.scratch(count: 1000), workspace.scratch(count: 3))
    workspace.commit()
    #expect(a.pointer == b.pointer && b.pointer == c.pointer)
    let activation = workspace.activation(rows: 1, columns: 1)
    workspace.commit()
    activation.fill(5)
    b.fill(7)
    #expect(activation.elements == [5])
  }

  @Test func memoryGrowsOnlyForALargerPlan() {
    let workspace = Workspace()
    func plan(_ columns: Int) -> Matrix {
      workspace.reset()
      let view = workspace.activation(rows: 4, columns: columns)
      _ = workspace.gradient(rows: 4, columns: columns)
      _ = workspace.gradient(rows: 2, columns: columns)
      _ = workspace.scratch(count: columns)
      workspace.commit()
      return view
    }
    let address = plan(100).pointer
    let bytes = workspace.bytes
    #expect(bytes >= 4 * (400 + 400 + 200 + 100))
    #expect(plan(30).pointer == address && plan(100).pointer == address && workspace.bytes == bytes)
    _ = plan(101)
    #expect(workspace.bytes > bytes)
  }

  @Test func poisonReachesEverything() {
    let workspace = Workspace()
    workspace.reset()
    let views = [
      workspace.activation(rows: 3, columns: 3), workspace.gradient(rows: 2, columns: 9),
      workspace.gradient(rows: 1, columns: 5), workspace.scratch(count: 12),
    ]
    workspace.commit()
    workspace.poison(.nan)
    for view in views { #expect(view.elements.allSatisfy { $0.isNaN }) }
  }
}
