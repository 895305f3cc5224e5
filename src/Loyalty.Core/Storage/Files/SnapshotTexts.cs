namespace Loyalty.Storage.Files;

/// <summary>Names that repeat: written once, then by their number.</summary>
internal sealed class SnapshotTexts
{
    private readonly SnapshotWriter? _writer;
    private readonly SnapshotReader? _reader;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _texts = [];

    public SnapshotTexts(SnapshotWriter writer) => _writer = writer;

    public SnapshotTexts(SnapshotReader reader) => _reader = reader;

    public void Write(string text)
    {
        if (_numbers.TryGetValue(text, out var number))
        {
            _writer!.Int(number);
            return;
        }

        _writer!.Int(_numbers.Count);
        _numbers.Add(text, _numbers.Count);
        _writer.Text(text);
    }

    public string Read()
    {
        var number = _reader!.Below(_texts.Count + 1);
        if (number == _texts.Count)
        {
            _texts.Add(_reader.Text());
        }

        return _texts[number];
    }
}
