using Loyalty.PhoneTable;

if (args is not [var file])
{
    Console.Error.WriteLine("usage: dotnet run --project tools/phone-table FILE: writes the compressed table to FILE and the text to FILE.txt");
    return 2;
}

var text = NumberingPlanTable.Text();
File.WriteAllText(file + ".txt", text);
File.WriteAllBytes(file, NumberingPlanTable.Compress(text));
Console.WriteLine($"{text.Count(static c => c == '\n')} regions, {text.Length} characters");
return 0;
