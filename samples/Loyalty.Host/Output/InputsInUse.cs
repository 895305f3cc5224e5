namespace Loyalty.Host.Output;

/// <summary>The inputs of a run that may have no folder of results, noted before its store is opened.</summary>
internal sealed class InputsInUse : IDisposable
{
    private readonly List<string> _inputs = [];

    public InputsInUse(params ReadOnlySpan<string?> inputs)
    {
        foreach (var input in inputs)
        {
            if (input is not null)
            {
                PathsInUse.AddInput(input);
                _inputs.Add(input);
            }
        }
    }

    public void Dispose() => _inputs.ForEach(PathsInUse.Remove);
}
