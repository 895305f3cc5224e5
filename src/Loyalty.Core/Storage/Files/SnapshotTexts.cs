using System.Runtime.InteropServices;

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

    /// <summary>Makes room for so many texts, so that the table of many need not grow step by step.</summary>
    public void EnsureCapacity(int texts) => _numbers.EnsureCapacity(texts);

    public void Write(string text)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, text, out var isKnown);
        if (isKnown)
        {
            _writer!.Int(number);
            return;
        }

        number = _numbers.Count - 1;
        _writer!.Int(number);
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
