import Settings

/// How weights are drawn before training. A part of a model's description: the bits of a run depend on it.
public enum StartWeights: String, OptionChoice {
  /// The defaults of PyTorch's layers: uniform within 1 / sqrt(inputs of one output), in LSTMs within 1 / sqrt(hidden).
  case pytorch
  /// In LSTMs and linear layers, what Keras does. Weights of inputs: uniform within sqrt(6 / (inputs + outputs)), with the
  /// outputs of all gates (Glorot and Bengio 2010, equation 16). Recurrent weights: an orthogonal matrix for each gate, of
  /// 1,024 units at most (Saxe,
  /// McClelland and Ganguli 2014, arXiv 1312.6120). Biases: 0, those of forget gates 1 (Gers, Schmidhuber and Cummins 2000;
  /// Jozefowicz, Zaremba and Sutskever 2015). Convolutions: as `pytorch`.
  case glorot
}
