/// What users of other trainers write at first: each is answered by what Akuru calls it.
enum Habits {
  static let all: [BadInput] = kraken + tesstrain + paddleOCR + lightning

  /// `akuru train` on the workshop's data, with these words.
  private static func train(_ program: String, _ words: [String], _ part: String) -> BadInput {
    BadInput("\(program): \(words.joined(separator: " "))", status: 2, [part]) {
      $0.training(Recipes.seed, "run", ["--max-steps", "1"] + words)
    }
  }

  private static func command(_ program: String, _ words: [String], _ part: String) -> BadInput {
    BadInput("\(program): akuru \(words.joined(separator: " "))", status: 2, [part]) { _ in words }
  }

  private static let kraken = [
    train("kraken", ["--lrate", "0.001"], "here it is --lr"),
    train("kraken", ["-r", "0.001"], "here it is --lr"),
    train("kraken", ["-B", "8"], "here it is --batch-size"),
    train("kraken", ["-N", "50"], "here it is --epochs"),
    train("kraken", ["-q", "early"], "here it is --early-stopping"),
    train("kraken", ["-i", "base.mlmodel"], "here it is --init-from"),
    train("kraken", ["-s", "[1,48,0,1 Lbx100]"], "here it is --model"),
    train("kraken", ["-u", "NFC"], "here it is --normalize"),
    train("kraken", ["-f", "page"], "here it is --format"),
    train("kraken", ["-d", "cuda:0"], "Akuru computes on CPUs"),
    train("kraken", ["--device", "cpu"], "Akuru computes on CPUs"),
    train("kraken", ["--workers", "4"], "mpirun -n N akuru"),
    train("kraken", ["--resize", "union"], "here it is --alphabet-change"),
    train("kraken", ["--partition", "0.9"], "here it is --validation auto"),
    train("kraken", ["--evaluation-files", "val.lst"], "here it is --validation"),
    train("kraken", ["a.png", "b.png"], "name the training data with --train"),
    command("kraken", ["ocr", "page.png"], "here it is akuru predict"),
    command("kraken", ["test", "--model", "a"], "here it is akuru evaluate"),
  ]

  private static let tesstrain = [
    train("tesstrain", ["MODEL_NAME=frk", "GROUND_TRUTH_DIR=data"], "options are written as --train DATA"),
    train("tesstrain", ["--max_iterations", "10000"], "here it is --max-steps"),
    train("tesstrain", ["--learning_rate", "0.002"], "here it is --lr"),
    train("tesstrain", ["--continue_from", "eng.lstm"], "here it is --init-from"),
    train("tesstrain", ["--net_spec", "[1,36,0,1 O1c111]"], "here it is --model"),
    command("tesstrain", ["lstmtraining", "--train"], "here it is akuru train"),
    command("tesstrain", ["predict", "-m", "a", "--psm", "7", "line.png"], "a model knows its script"),
  ]

  private static let paddleOCR = [
    train("PaddleOCR", ["-c", "rec.yml"], "here it is --config"),
    train("PaddleOCR", ["--epoch_num", "100"], "here it is --epochs"),
    train("PaddleOCR", ["--save_model_dir", "out"], "here it is --run-dir"),
    train("PaddleOCR", ["--character_dict_path", "dict.txt"], "here it is --alphabet"),
    train("PaddleOCR", ["--use_gpu", "False"], "Akuru computes on CPUs"),
    train("PaddleOCR", ["--eval_batch_step", "500"], "here it is --eval-every"),
    command("PaddleOCR", ["predict", "-m", "a", "--image_dir", "photos"], "an argument without a name"),
    command("PaddleOCR", ["predict", "-m", "a", "--cpu_threads", "4", "photos"], "here it is --threads"),
  ]

  private static let lightning = [
    train("Lightning", ["--trainer.max_epochs", "5"], "here it is --epochs"),
    train("Lightning", ["--gpus", "1"], "Akuru computes on CPUs"),
    train("Lightning", ["--accumulate_grad_batches", "2"], "here it is --micro-batch"),
    train("Lightning", ["--gradient_clip_val", "1"], "here it is --clip-norm"),
    train("Lightning", ["--lr-scheduler", "cosine"], "here it is --schedule"),
    train("Lightning", ["--output", "runs/x"], "here it is --run-dir"),
    train("Lightning", ["--num-workers", "4"], "mpirun -n N akuru"),
    train("Lightning", ["--ckpt_path", "last.ckpt"], "here it is --resume"),
    command("Lightning", ["fit", "--train"], "here it is akuru train"),
    command("Lightning", ["validate", "--data", "a"], "here it is akuru evaluate"),
  ]
}
