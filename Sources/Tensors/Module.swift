// Holds: Floats: storage, matrices, GEMM by OpenBLAS, vector kernels, exact rounding, keyed random numbers.
// Not here: No layer and no file.
// Note: Built with -Ounchecked: guards are `require`, not `precondition`.
